-- name: tenant
INSERT INTO tenants (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING number;

-- name: admit
INSERT INTO api_keys (hash, tenant) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: tenant_of_key
SELECT tenant FROM api_keys WHERE hash = $1 AND revoked_at IS NULL;

-- name: open
-- One that exists with the same settings is left as it is; one with others comes back as not same.
WITH asked AS (
    SELECT * FROM unnest($2::text[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
        AS asked (id, currency, credit_line, payment_max, daily_amount_max, daily_count_max)
), opened AS (
    INSERT INTO accounts (tenant, id, currency, credit_line, payment_max, daily_amount_max, daily_count_max)
    SELECT $1, * FROM asked ORDER BY id
    ON CONFLICT (tenant, id) DO NOTHING
    RETURNING id
)
SELECT asked.id, opened.id IS NOT NULL AS opened,
       opened.id IS NOT NULL OR (a.currency, a.credit_line, a.payment_max, a.daily_amount_max, a.daily_count_max)
           = (asked.currency, asked.credit_line, asked.payment_max, asked.daily_amount_max, asked.daily_count_max)
           AS same
FROM asked LEFT JOIN opened USING (id) LEFT JOIN accounts a ON a.tenant = $1 AND a.id = asked.id;

-- name: numbers
SELECT id, number FROM accounts WHERE tenant = $1 AND id = ANY($2::text[]);

-- name: read
SELECT id, currency, state, posted, credit_line, payment_max, daily_amount_max, daily_count_max
FROM accounts WHERE tenant = $1 AND id = $2;
