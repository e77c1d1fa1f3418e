-- Times come as microseconds since 1970; "<> 0" repeats the partial indexes' conditions, which
-- the planner can't derive from a join.

-- name: accounts_by_id
SELECT a.number, a.tenant, a.id, a.currency, a.state, a.credit_line, a.payment_max,
       a.daily_amount_max, a.daily_count_max,
       CASE WHEN coalesce(d.seq, 0) > coalesce(c.credit_seq, 0) THEN d.debit_posted
            ELSE coalesce(c.credit_posted, 0) END AS posted,
       CASE WHEN coalesce(d.seq, 0) > coalesce(c.credit_seq, 0) THEN d.debit_held
            ELSE coalesce(c.credit_held, 0) END AS held,
       d.seq IS NOT NULL AS has_debits
FROM unnest($1::integer[], $2::text[]) AS w (tenant, id)
JOIN accounts a ON a.tenant = w.tenant AND a.id = w.id
LEFT JOIN LATERAL (
    SELECT seq, debit_posted, debit_held FROM journal
    WHERE debit = a.number AND debit <> 0 ORDER BY seq DESC LIMIT 1
) d ON true
LEFT JOIN LATERAL (
    SELECT credit_seq, credit_posted, credit_held FROM journal
    WHERE credit = a.number AND credit <> 0 ORDER BY credit_seq DESC LIMIT 1
) c ON true

-- name: accounts_by_number
SELECT a.number, a.tenant, a.id, a.currency, a.state, a.credit_line, a.payment_max,
       a.daily_amount_max, a.daily_count_max,
       CASE WHEN coalesce(d.seq, 0) > coalesce(c.credit_seq, 0) THEN d.debit_posted
            ELSE coalesce(c.credit_posted, 0) END AS posted,
       CASE WHEN coalesce(d.seq, 0) > coalesce(c.credit_seq, 0) THEN d.debit_held
            ELSE coalesce(c.credit_held, 0) END AS held,
       d.seq IS NOT NULL AS has_debits
FROM unnest($1::bigint[]) AS w (number)
JOIN accounts a ON a.number = w.number
LEFT JOIN LATERAL (
    SELECT seq, debit_posted, debit_held FROM journal
    WHERE debit = a.number AND debit <> 0 ORDER BY seq DESC LIMIT 1
) d ON true
LEFT JOIN LATERAL (
    SELECT credit_seq, credit_posted, credit_held FROM journal
    WHERE credit = a.number AND credit <> 0 ORDER BY credit_seq DESC LIMIT 1
) c ON true

-- name: role_accounts
SELECT w.partition, w.role, w.tenant, w.rail, w.currency, a.number
FROM unnest($1::smallint[], $2::smallint[], $3::integer[], $4::text[], $5::smallint[])
    AS w (partition, role, tenant, rail, currency)
JOIN accounts a ON a.role = w.role AND a.tenant = w.tenant AND a.rail = w.rail
    AND a.currency = w.currency AND account_partition(a.number) = w.partition AND a.role <> 0

-- name: system_balances
SELECT w.number,
       CASE WHEN coalesce(d.seq, 0) > coalesce(c.credit_seq, 0) THEN d.debit_posted
            ELSE coalesce(c.credit_posted, 0) END AS posted
FROM unnest($1::bigint[]) AS w (number)
LEFT JOIN LATERAL (
    SELECT seq, debit_posted FROM journal
    WHERE debit = w.number AND debit <> 0 ORDER BY seq DESC LIMIT 1
) d ON true
LEFT JOIN LATERAL (
    SELECT credit_seq, credit_posted FROM journal
    WHERE credit = w.number AND credit <> 0 ORDER BY credit_seq DESC LIMIT 1
) c ON true

-- name: opened_as
-- An account's first record.
SELECT w.number AS credit, o.details
FROM unnest($1::bigint[]) AS w (number)
CROSS JOIN LATERAL (
    SELECT details FROM journal WHERE credit = w.number AND credit <> 0 AND kind = :kind(account_opened)
    ORDER BY credit_seq LIMIT 1
) o;

-- name: day
-- What counts towards a day's limits: authorised since a moment, less what was released of that. A
-- payment of which nothing was ever captured is taken off whole.
SELECT w.number,
       coalesce(sum(CASE WHEN j.kind IN :kinds(authorises) THEN j.amount
                         WHEN f.payment IS NOT NULL THEN -j.amount ELSE 0 END), 0) AS amount,
       (count(*) FILTER (WHERE j.kind IN :kinds(authorises))
        - count(*) FILTER (WHERE f.payment IS NOT NULL AND NOT EXISTS (
              SELECT FROM journal c WHERE c.payment = j.payment AND c.kind = :kind(captured)
              AND c.payment <> '00000000-0000-0000-0000-000000000000'))) AS count
FROM unnest($1::bigint[], $2::timestamptz[]) AS w (number, since)
JOIN journal j ON j.debit = w.number AND j.debit <> 0 AND j.at >= w.since
    AND (j.kind IN :kinds(authorises) OR j.kind = :kind(released))
LEFT JOIN journal f ON j.kind = :kind(released) AND f.payment = j.payment
    AND f.kind IN :kinds(holds)
    AND f.at >= w.since AND f.payment <> '00000000-0000-0000-0000-000000000000'
GROUP BY w.number

-- name: creditors
SELECT a.tenant, a.id, a.number, a.currency, a.state = :account_state(closed) AS closed
FROM unnest($1::integer[], $2::text[]) AS w (tenant, id)
JOIN accounts a ON a.tenant = w.tenant AND a.id = w.id

-- name: payments
SELECT * FROM journal
WHERE payment = ANY($1::uuid[]) AND payment <> '00000000-0000-0000-0000-000000000000'
  AND kind BETWEEN :family(payment)
ORDER BY partition, seq

-- name: reviews
SELECT payment, expires_in_s, submitted_by FROM holds WHERE payment = ANY($1::uuid[]) AND review

-- name: legs
-- One value instead of rows of columns: book.py's LEG, once a leg.
SELECT string_agg(
    int4send(w.index::integer - 1) || int2send(j.kind) || int2send(j.leg) || int4send(j.tenant)
    || int2send(j.currency) || int8send(j.amount) || int8send(j.creditor)
    || timestamptz_send(j.occurred_at) || uuid_send(j.payment) || uuid_send(j.trace),
    ''
)
FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS w (partition, seq, index)
JOIN journal j ON j.partition = w.partition AND j.seq = w.seq
WHERE j.kind IN :kinds(opens_leg)

-- name: answered
SELECT w.index, j.reason
FROM unnest($1::uuid[], $2::smallint[], $3::integer[]) AS w (payment, leg, index)
JOIN journal j ON j.payment = w.payment AND j.leg = w.leg
    AND j.kind BETWEEN :family(counterpart)

-- name: open_legs
-- Legs opened since a position that no record of home has closed.
SELECT j.partition, j.seq, j.payment, j.leg, j.kind, j.tenant, j.currency, j.amount, j.creditor,
       j.trace, coalesce(nullif(j.debit, 0), f.debit) AS debtor
FROM journal j
LEFT JOIN journal f ON j.debit = 0 AND f.payment = j.payment
    AND f.kind IN :kinds(first) AND f.payment <> '00000000-0000-0000-0000-000000000000'
WHERE j.partition = $1 AND j.seq >= $2
  AND j.kind IN :kinds(opens_leg) AND is_system_account(j.credit)
  AND NOT EXISTS (
      SELECT FROM journal c
      WHERE c.payment = j.payment AND c.leg = j.leg AND c.kind IN :kinds(ends_leg)
        AND c.payment <> '00000000-0000-0000-0000-000000000000'
  )
ORDER BY j.seq LIMIT $3

-- name: due_holds
SELECT payment FROM holds
WHERE partition = ANY($1::smallint[]) AND expires_at <= $2 ORDER BY expires_at LIMIT $3

-- name: keys
SELECT j.tenant, j.key, j.fingerprint, j.partition, j.seq, j.payment, j.state, j.reason,
       j.risk_score, j.risk_flags, j.risk_model, j.amount, j.leg, j.kind, j.debit_posted,
       j.credit_posted, (extract(epoch FROM j.at) * 1000000)::bigint AS at,
       (extract(epoch FROM j.expires_at) * 1000000)::bigint AS expires_at
FROM unnest($1::integer[], $2::text[]) AS w (tenant, key)
JOIN journal j ON j.tenant = w.tenant AND j.key = w.key
