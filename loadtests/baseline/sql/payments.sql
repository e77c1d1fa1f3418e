-- Keys come before accounts, and accounts in the order of their numbers: no two transactions can
-- wait for each other in a circle.

-- name: claim
-- The key, then both accounts. No rows: the key is known, and nothing was locked.
WITH claimed AS (
    INSERT INTO payments
        (id, tenant, key, fingerprint, debtor, creditor, amount, currency, status, reason, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10)
    ON CONFLICT (tenant, key) DO NOTHING
    RETURNING id
)
SELECT a.number, a.currency, a.state, a.posted, a.credit_line, a.payment_max, a.daily_amount_max,
       a.daily_count_max, a.day_amount, a.day_count, a.day
FROM claimed, accounts a WHERE a.number IN ($5, $6)
ORDER BY a.number FOR NO KEY UPDATE OF a;

-- name: settle
WITH moved AS (
    UPDATE accounts SET
        posted = posted + CASE number WHEN $2 THEN -$4::bigint ELSE $4 END,
        day_amount = CASE number WHEN $2 THEN $5::bigint ELSE day_amount END,
        day_count = CASE number WHEN $2 THEN $6::bigint ELSE day_count END,
        day = CASE number WHEN $2 THEN $7::date ELSE day END
    WHERE number IN ($2, $3)
), entered AS (
    INSERT INTO entries (payment, account, amount) VALUES ($1, $2, -$4), ($1, $3, $4)
)
INSERT INTO outbox (payment, status) VALUES ($1, $8);

-- name: decline
WITH declined AS (
    UPDATE payments SET status = $2, reason = $3 WHERE id = $1
)
INSERT INTO outbox (payment, status) VALUES ($1, $2);

-- name: lock
SELECT number, currency, state, posted, credit_line, payment_max, daily_amount_max,
       daily_count_max, day_amount, day_count, day
FROM accounts WHERE number = ANY($1::bigint[])
ORDER BY number FOR NO KEY UPDATE;

-- name: move
UPDATE accounts a SET posted = m.posted, day_amount = m.day_amount, day_count = m.day_count, day = m.day
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::date[])
    AS m (number, posted, day_amount, day_count, day)
WHERE a.number = m.number;

-- name: claim_many
INSERT INTO payments
    (id, tenant, key, fingerprint, debtor, creditor, amount, currency, status, reason, created_at)
SELECT id, $1, key, fingerprint, debtor, creditor, amount, currency, $2, 0, $3
FROM unnest($4::uuid[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::smallint[])
    AS asked (id, key, fingerprint, debtor, creditor, amount, currency)
ORDER BY key
ON CONFLICT (tenant, key) DO NOTHING
RETURNING id;

-- name: decline_many
UPDATE payments p SET status = $1, reason = d.reason
FROM unnest($2::uuid[], $3::smallint[]) AS d (id, reason)
WHERE p.id = d.id;

-- name: release_many
DELETE FROM payments WHERE id = ANY($1::uuid[]);

-- name: of_keys
SELECT id, key, fingerprint, status, reason, created_at
FROM payments WHERE tenant = $1 AND key = ANY($2::text[]);

-- name: read
SELECT p.id, p.key, d.id AS debtor, c.id AS creditor, p.amount, p.currency, p.status, p.reason,
       p.created_at
FROM payments p JOIN accounts d ON d.number = p.debtor JOIN accounts c ON c.number = p.creditor
WHERE p.id = $1 AND p.tenant = $2;
