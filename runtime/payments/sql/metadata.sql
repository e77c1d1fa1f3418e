-- name: put_payment_metadata
-- Two pairs of one payment can have one digest: {"a": "b=c"} and {"a=b": "c"} read the same.
INSERT INTO payment_metadata (digest, payment)
SELECT * FROM unnest($1::bigint[], $2::uuid[])
ON CONFLICT DO NOTHING
