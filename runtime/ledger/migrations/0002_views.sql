-- The journal in words, for people and tools that speak SQL: payments, entries, balances, events.
-- The tables of kinds, states and currencies are filled at every start from the code's own
-- (ledger/names.py, journal/kinds.py, journal/states.py), so that they cannot drift from it.

CREATE TABLE currencies (
    number      smallint PRIMARY KEY,                 -- ISO 4217 numeric
    code        text NOT NULL UNIQUE,
    minor_units smallint NOT NULL
);

CREATE TABLE kinds (
    number        smallint PRIMARY KEY,
    name          text NOT NULL UNIQUE,
    family        text NOT NULL,                      -- account; payment: at its home; counterpart: the other end of a leg
    told          text,                               -- what users are told that it is; null: nothing
    told_of_movement text,                            -- the same where its leg has a number; null: no other
    event         boolean NOT NULL,                   -- it is an event, unless it sends money to another actor
    first         boolean NOT NULL,                   -- a payment begins with it
    settings      boolean NOT NULL,                   -- it says what an account was set to
    debit_posted  smallint NOT NULL,                  -- signs with which the amount changes the debited account's
    debit_held    smallint NOT NULL,                  -- balances, the credited account's,
    credit_posted smallint NOT NULL,
    captured      smallint NOT NULL,                  -- and what was captured and refunded of the payment
    refunded      smallint NOT NULL,
    leg           text,                               -- what it does to a leg of its payment: opens, posts, refuses, arrives, fails
    explains      boolean NOT NULL,                   -- its reason is the payment's
    words         text NOT NULL
);
COMMENT ON TABLE kinds IS 'What the kinds of records mean (runtime/journal/kinds.py).';

CREATE TABLE states (
    number       smallint PRIMARY KEY,
    name         text NOT NULL UNIQUE,
    open         boolean NOT NULL,                    -- something is held or on its way
    final        boolean NOT NULL,
    holds        boolean NOT NULL,                    -- some of it may be held
    arrived      boolean NOT NULL,                    -- the creditor has been credited
    tells_reason boolean NOT NULL,
    words        text NOT NULL
);
COMMENT ON TABLE states IS 'What the states of payments mean (runtime/journal/states.py).';

CREATE FUNCTION system_account_name(number bigint, currency text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT n.name FROM names n WHERE n.subject = 'system_account' AND n.number = system_account_kind($1))
    || ':' || currency || ':' || account_partition(number);
COMMENT ON FUNCTION system_account_name IS 'Of an account that belongs to a partition and not to a tenant.';

CREATE FUNCTION account_name(account bigint, currency text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN account = 0 THEN NULL WHEN is_system_account(account) THEN system_account_name(account, currency)
    ELSE (SELECT coalesce(a.id, r.name || ':' || a.rail || ':' || $2 || ':' || account_partition(a.number))
          FROM accounts a LEFT JOIN names r ON r.subject = 'role' AND r.number = a.role WHERE a.number = $1)
    END;
COMMENT ON FUNCTION account_name IS 'A tenant''s id of its account; of others what they are for, their currency and partition.';

CREATE FUNCTION details_shown(details bytea) RETURNS json
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN substring(details FROM 1 FOR 1) = '\x01' THEN '"sealed"'::json
    ELSE convert_from(details, 'UTF8')::json
END;
COMMENT ON FUNCTION details_shown IS 'Settings of an account as they are; of personal text only that it is there, sealed.';

CREATE VIEW payments AS
SELECT
    f.payment AS id, t.name AS tenant, s.name AS status, r.name AS decline_reason,
    d.id AS debtor, c.id AS creditor, f.amount, cu.code AS currency,
    CASE WHEN f.leg = -1 THEN 'manual' ELSE 'automatic' END AS capture,
    p.held AS held_amount, p.captured AS captured_amount, p.refunded AS refunded_amount,
    f.key AS idempotency_key, f.reference, details_shown(f.details) AS details,
    nullif(f.risk_score, -1) AS risk_score, f.risk_flags, f.risk_model,
    f.at AS created_at, p.updated_at, f.occurred_at, f.expires_at, f.trace,
    f.partition, f.seq, p.last_seq
FROM journal f
JOIN kinds b ON b.number = f.kind AND b.first
CROSS JOIN LATERAL (
    SELECT
        (array_agg(j.state ORDER BY j.seq DESC))[1] AS state,
        (array_agg(j.reason ORDER BY j.seq DESC) FILTER (WHERE k.explains))[1] AS reason,
        sum(j.amount * k.debit_held)::bigint AS held, sum(j.amount * k.captured)::bigint AS captured,
        sum(j.amount * k.refunded)::bigint AS refunded,
        max(j.at) AS updated_at, max(j.seq) AS last_seq
    FROM journal j
    JOIN kinds k ON k.number = j.kind AND k.family = 'payment'
    WHERE j.payment = f.payment AND j.payment <> '00000000-0000-0000-0000-000000000000'
) p
JOIN tenants t ON t.number = f.tenant
JOIN currencies cu ON cu.number = f.currency
JOIN states s ON s.number = p.state
LEFT JOIN names r ON r.subject = 'decline_reason' AND r.number = nullif(p.reason, 0)
    AND s.tells_reason
LEFT JOIN accounts d ON d.number = f.debit
LEFT JOIN accounts c ON c.number = f.creditor
WHERE f.payment <> '00000000-0000-0000-0000-000000000000';
COMMENT ON VIEW payments IS 'Each payment as it stands now: its first record, and the sum of those that followed.';

CREATE VIEW entries AS
SELECT
    t.name AS tenant, coalesce(a.id, account_name(e.account, cu.code)) AS account,
    cu.code AS currency, e.seq, e.at, e.kind, e.posted_change, e.held_change, e.posted, e.held,
    nullif(e.payment, '00000000-0000-0000-0000-000000000000') AS payment, e.leg,
    coalesce(e.reference, f.reference) AS reference, e.record
FROM (
    SELECT j.debit AS account, j.seq, j.at, split_part(coalesce(CASE WHEN j.leg > 0 THEN k.told_of_movement END, k.told), '.', 2) AS kind, j.payment, j.leg, j.reference, j.tenant, j.currency,
        j.amount * k.debit_posted AS posted_change, j.amount * k.debit_held AS held_change,
        j.debit_posted AS posted, j.debit_held AS held, j.partition || ':' || j.seq AS record
    FROM journal j JOIN kinds k ON k.number = j.kind AND (k.debit_posted <> 0 OR k.debit_held <> 0)
    WHERE j.debit <> 0
    UNION ALL
    SELECT j.credit, j.credit_seq, j.at, split_part(coalesce(CASE WHEN j.leg > 0 THEN k.told_of_movement END, k.told), '.', 2), j.payment, j.leg, j.reference, j.tenant, j.currency,
        j.amount * k.credit_posted, 0, j.credit_posted, j.credit_held, j.partition || ':' || j.seq
    FROM journal j JOIN kinds k ON k.number = j.kind AND k.credit_posted <> 0
    WHERE j.credit <> 0
) e
JOIN tenants t ON t.number = e.tenant
JOIN currencies cu ON cu.number = e.currency
LEFT JOIN accounts a ON a.number = e.account
LEFT JOIN LATERAL (
    SELECT j.reference FROM journal j JOIN kinds b ON b.number = j.kind AND b.first
    WHERE j.payment = e.payment AND j.payment <> '00000000-0000-0000-0000-000000000000'
) f ON true;
COMMENT ON VIEW entries IS 'Double entry: each change of an account''s posted or held balance, and both after it.';

CREATE VIEW balances AS
WITH numbers AS (
    SELECT a.number, t.name AS tenant, a.id, a.currency, s.name AS state, a.credit_line
    FROM accounts a
    JOIN tenants t ON t.number = a.tenant
    JOIN names s ON s.subject = 'account_state' AND s.number = a.state
    UNION ALL
    SELECT system_account(l.partition, c.currency, k.number), NULL, NULL, c.currency, 'open', 0
    FROM leases l
    CROSS JOIN (SELECT DISTINCT currency FROM accounts) c
    JOIN names k ON k.subject = 'system_account'
)
SELECT
    n.tenant, coalesce(n.id, account_name(n.number, cu.code)) AS account, cu.code AS currency,
    n.state, b.posted, b.held, n.credit_line, b.posted - b.held + n.credit_line AS available,
    b.seq AS last_seq, b.at AS last_at
FROM numbers n
JOIN currencies cu ON cu.number = n.currency
CROSS JOIN LATERAL (
    (SELECT j.debit_posted AS posted, j.debit_held AS held, j.seq, j.at
     FROM journal j WHERE j.debit = n.number AND j.debit <> 0 ORDER BY j.seq DESC LIMIT 1)
    UNION ALL
    (SELECT j.credit_posted, j.credit_held, j.credit_seq, j.at
     FROM journal j WHERE j.credit = n.number AND j.credit <> 0 ORDER BY j.credit_seq DESC LIMIT 1)
    ORDER BY seq DESC LIMIT 1
) b;
COMMENT ON VIEW balances IS 'Each account''s balance: it stands in the account''s newest record. System accounts have no tenant.';

CREATE VIEW events AS
SELECT
    j.partition || ':' || j.seq AS id,
    'com.headrace.' || coalesce(CASE WHEN j.leg > 0 THEN k.told_of_movement END, k.told) AS type,
    j.at, t.name AS tenant,
    nullif(j.payment, '00000000-0000-0000-0000-000000000000') AS payment, s.name AS status,
    coalesce(d.id, account_name(j.debit, cu.code)) AS debit,
    coalesce(c.id, account_name(j.credit, cu.code)) AS credit,
    j.amount, cu.code AS currency, r.name AS reason, j.leg, j.key AS idempotency_key, j.reference,
    details_shown(j.details) AS details, j.trace, j.partition, j.seq
FROM journal j
JOIN tenants t ON t.number = j.tenant
JOIN currencies cu ON cu.number = j.currency
JOIN kinds k ON k.number = j.kind AND k.event AND NOT (k.captured > 0 AND is_system_account(j.credit))
LEFT JOIN states s ON s.number = j.state
LEFT JOIN names r ON r.subject = 'decline_reason' AND r.number = nullif(j.reason, 0)
LEFT JOIN accounts d ON d.number = j.debit
LEFT JOIN accounts c ON c.number = j.credit;
COMMENT ON VIEW events IS 'What happened, in order within each partition (partition, seq).';
