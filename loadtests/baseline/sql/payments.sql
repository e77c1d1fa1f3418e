-- Accounts are locked in the order of their numbers, keys of a batch are taken in theirs.

-- name: pay_at_once
-- A whole payment in one statement, if nothing speaks against it: accounts open and of its currency,
-- no limits, money there, key free. No rows: something does, or the key is known; nothing is done.
WITH locked AS MATERIALIZED (
    SELECT number, currency, state, posted, credit_line, payment_max, daily_amount_max, daily_count_max
    FROM accounts WHERE number IN ($5, $6)
    ORDER BY number FOR NO KEY UPDATE
), paid AS (
    INSERT INTO payments
        (id, tenant, key, fingerprint, debtor, creditor, amount, currency, status, reason, created_at)
    SELECT $1::uuid, $2::integer, $3::text, $4::bigint, $5::bigint, $6::bigint, $7::bigint,
           $8::smallint, $9::smallint, 0, $10::timestamptz
    FROM locked d, locked c
    WHERE d.number = $5 AND d.currency = $8 AND d.state = 1 AND d.posted + d.credit_line >= $7
      AND d.payment_max = 0 AND d.daily_amount_max = 0 AND d.daily_count_max = 0
      AND c.number = $6 AND c.currency = $8 AND c.state = 1 AND c.posted <= 9223372036854775807 - $7
    ON CONFLICT (tenant, key) DO NOTHING
    RETURNING id
), moved AS (
    UPDATE accounts a SET posted = a.posted + CASE a.number WHEN $5 THEN -$7 ELSE $7 END
    FROM paid WHERE a.number IN ($5, $6)
), entered AS (
    INSERT INTO entries (payment, account, amount)
    SELECT paid.id, leg.account, leg.amount
    FROM paid, (VALUES ($5, -$7), ($6, $7)) AS leg (account, amount)
)
INSERT INTO outbox (payment, status) SELECT id, $9 FROM paid RETURNING payment;

-- name: lock
SELECT number, currency, state, posted, credit_line, payment_max, daily_amount_max,
       daily_count_max, day_amount, day_count, day
FROM accounts WHERE number = ANY($1::bigint[])
ORDER BY number FOR NO KEY UPDATE;

-- name: write
-- A payment that was decided under locks. No rows: the key is known.
INSERT INTO payments
    (id, tenant, key, fingerprint, debtor, creditor, amount, currency, status, reason, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (tenant, key) DO NOTHING
RETURNING id;

-- name: enter
INSERT INTO entries (payment, account, amount)
VALUES ($1, $2, -$4::bigint), ($1, $3, $4);

-- name: move_one
UPDATE accounts SET
    posted = posted + CASE number WHEN $1 THEN -$3::bigint ELSE $3 END,
    day_amount = CASE number WHEN $1 THEN $4::bigint ELSE day_amount END,
    day_count = CASE number WHEN $1 THEN $5::bigint ELSE day_count END,
    day = CASE number WHEN $1 THEN $6::date ELSE day END
WHERE number IN ($1, $2);

-- name: tell
INSERT INTO outbox (payment, status) VALUES ($1, $2);

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
