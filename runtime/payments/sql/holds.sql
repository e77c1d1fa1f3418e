-- name: put_holds
INSERT INTO holds (payment, partition, debtor, amount, review, expires_at, expires_in_s,
                   submitted_by)
SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::bigint[], $4::bigint[], $5::boolean[],
                     $6::timestamptz[], $7::integer[], $8::uuid[])
ON CONFLICT (payment) DO UPDATE
SET amount = excluded.amount, review = excluded.review, expires_at = excluded.expires_at

-- name: end_holds
DELETE FROM holds WHERE payment = ANY($1::uuid[])
