-- The journal in words, for people and tools that speak SQL: payments, entries, balances, events.
-- The two tables of names are filled at every start from the code's own lists (ledger/names.py), so
-- that they cannot drift from it. Kinds are compared by number (payments/states.py): below 10
-- accounts, below 30 a payment's own records at its home, from 30 on entries at its counterpart.

CREATE TABLE currencies (
    number      smallint PRIMARY KEY,                 -- ISO 4217 numeric
    code        text NOT NULL UNIQUE,
    minor_units smallint NOT NULL
);

CREATE TABLE names (
    subject text NOT NULL,                            -- account_state, decline_reason, payment_state, record_kind
    number  smallint NOT NULL,
    name    text NOT NULL,
    PRIMARY KEY (subject, number)
);
COMMENT ON TABLE names IS 'What the small numbers of the other tables mean.';

CREATE FUNCTION system_account_name(number bigint, currency text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (ARRAY['external', 'transit_out', 'transit_in'])[number & 3]
    || ':' || currency || ':' || (number >> 40);
COMMENT ON FUNCTION system_account_name IS 'Of an account that belongs to a partition and not to a tenant.';

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
CROSS JOIN LATERAL (
    SELECT
        (array_agg(j.state ORDER BY j.seq DESC))[1] AS state,
        (array_agg(j.reason ORDER BY j.seq DESC) FILTER (WHERE j.kind IN (13, 17, 19)))[1] AS reason,
        coalesce(sum(j.amount) FILTER (WHERE j.kind IN (14, 15)), 0)::bigint
            - coalesce(sum(j.amount) FILTER (WHERE j.kind IN (16, 17)), 0)::bigint AS held,
        coalesce(sum(j.amount) FILTER (WHERE j.kind IN (10, 11, 16)), 0)::bigint
            - coalesce(sum(j.amount) FILTER (WHERE j.kind = 19), 0)::bigint AS captured,
        coalesce(sum(j.amount) FILTER (WHERE j.kind = 21), 0)::bigint AS refunded,
        max(j.at) AS updated_at, max(j.seq) AS last_seq
    FROM journal j
    WHERE j.payment = f.payment AND j.payment <> '00000000-0000-0000-0000-000000000000' AND j.kind < 30
) p
JOIN tenants t ON t.number = f.tenant
JOIN currencies cu ON cu.number = f.currency
JOIN names s ON s.subject = 'payment_state' AND s.number = p.state
LEFT JOIN names r ON r.subject = 'decline_reason' AND r.number = nullif(p.reason, 0)
    AND p.state IN (8, 10, 11)
LEFT JOIN accounts d ON d.number = f.debit
LEFT JOIN accounts c ON c.number = f.creditor
WHERE f.payment <> '00000000-0000-0000-0000-000000000000' AND f.kind IN (10, 11, 13, 14, 15);
COMMENT ON VIEW payments IS 'Each payment as it stands now: its first record, and the sum of those that followed.';

CREATE VIEW entries AS
SELECT
    t.name AS tenant, coalesce(a.id, system_account_name(e.account, cu.code)) AS account,
    cu.code AS currency, e.seq, e.at, k.name AS kind, e.posted_change, e.held_change, e.posted, e.held,
    nullif(e.payment, '00000000-0000-0000-0000-000000000000') AS payment, e.leg, e.reference, e.record
FROM (
    SELECT debit AS account, seq, at, kind, payment, leg, reference, tenant, currency,
        CASE WHEN kind IN (14, 15, 17) THEN 0 ELSE -amount END AS posted_change,
        CASE WHEN kind IN (14, 15) THEN amount WHEN kind IN (16, 17) THEN -amount ELSE 0 END AS held_change,
        debit_posted AS posted, debit_held AS held, partition || ':' || seq AS record
    FROM journal WHERE debit <> 0 AND kind <> 13
    UNION ALL
    SELECT credit, credit_seq, at, kind, payment, leg, reference, tenant, currency,
        amount, 0, credit_posted, credit_held, partition || ':' || seq
    FROM journal WHERE credit <> 0 AND kind > 3
) e
JOIN tenants t ON t.number = e.tenant
JOIN currencies cu ON cu.number = e.currency
JOIN names k ON k.subject = 'record_kind' AND k.number = e.kind
LEFT JOIN accounts a ON a.number = e.account;
COMMENT ON VIEW entries IS 'Double entry: each change of an account''s posted or held balance, and both after it.';

CREATE VIEW balances AS
WITH numbers AS (
    SELECT a.number, t.name AS tenant, a.id, a.currency, s.name AS state, a.credit_line
    FROM accounts a
    JOIN tenants t ON t.number = a.tenant
    JOIN names s ON s.subject = 'account_state' AND s.number = a.state
    UNION ALL
    SELECT (l.partition::bigint << 40) | (c.currency * 4 + kind), NULL, NULL, c.currency, 'open', 0
    FROM leases l
    CROSS JOIN (SELECT DISTINCT currency FROM accounts) c
    CROSS JOIN generate_series(1, 3) AS kind
)
SELECT
    n.tenant, coalesce(n.id, system_account_name(n.number, cu.code)) AS account, cu.code AS currency,
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
    'com.headrace.' || CASE
        WHEN j.kind < 10 THEN 'account.' || replace(k.name, 'account_', '')
        ELSE 'payment.' || k.name
    END AS type,
    j.at, t.name AS tenant,
    nullif(j.payment, '00000000-0000-0000-0000-000000000000') AS payment, s.name AS status,
    coalesce(d.id, CASE WHEN j.debit <> 0 THEN system_account_name(j.debit, cu.code) END) AS debit,
    coalesce(c.id, CASE WHEN j.credit <> 0 THEN system_account_name(j.credit, cu.code) END) AS credit,
    j.amount, cu.code AS currency, r.name AS reason, j.leg, j.key AS idempotency_key, j.reference,
    details_shown(j.details) AS details, j.trace, j.partition, j.seq
FROM journal j
JOIN tenants t ON t.number = j.tenant
JOIN currencies cu ON cu.number = j.currency
JOIN names k ON k.subject = 'record_kind' AND k.number = j.kind
LEFT JOIN names s ON s.subject = 'payment_state' AND s.number = j.state
LEFT JOIN names r ON r.subject = 'decline_reason' AND r.number = nullif(j.reason, 0)
LEFT JOIN accounts d ON d.number = j.debit
LEFT JOIN accounts c ON c.number = j.credit
WHERE j.kind < 30;
COMMENT ON VIEW events IS 'What happened, in order within each partition (partition, seq).';
