-- name: open_accounts
INSERT INTO accounts (number, tenant, id, currency, state, credit_line, payment_max,
                      daily_amount_max, daily_count_max, opened_at, role, rail)
SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::smallint[], $5::smallint[],
                     $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::timestamptz[],
                     $11::smallint[], $12::text[])

-- name: change_accounts
UPDATE accounts a
SET state = c.state, credit_line = c.credit_line, payment_max = c.payment_max,
    daily_amount_max = c.daily_amount_max, daily_count_max = c.daily_count_max
FROM unnest($1::bigint[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
    AS c (number, state, credit_line, payment_max, daily_amount_max, daily_count_max)
WHERE a.number = c.number
