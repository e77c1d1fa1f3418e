-- An account's balance stands in its newest record: as debit under (debit, seq), as credit under
-- (credit, credit_seq), both sequences being those of the account's own partition.

-- name: account
SELECT a.number, a.id, a.currency, a.state, a.credit_line, a.payment_max, a.daily_amount_max,
       a.daily_count_max, a.opened_at, b.posted, b.held, b.at
FROM accounts a
CROSS JOIN LATERAL (
    (SELECT seq, at, debit_posted AS posted, debit_held AS held
     FROM journal WHERE debit = a.number AND debit <> 0 ORDER BY seq DESC LIMIT 1)
    UNION ALL
    (SELECT credit_seq, at, credit_posted, credit_held
     FROM journal WHERE credit = a.number AND credit <> 0 ORDER BY credit_seq DESC LIMIT 1)
    ORDER BY seq DESC LIMIT 1
) b
WHERE a.tenant = $1 AND a.id = $2;

-- name: accounts
SELECT a.number, a.id, a.currency, a.state, a.credit_line, a.payment_max, a.daily_amount_max,
       a.daily_count_max, a.opened_at, b.posted, b.held, b.at
FROM (SELECT * FROM accounts WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3) a
CROSS JOIN LATERAL (
    (SELECT seq, at, debit_posted AS posted, debit_held AS held
     FROM journal WHERE debit = a.number AND debit <> 0 ORDER BY seq DESC LIMIT 1)
    UNION ALL
    (SELECT credit_seq, at, credit_posted, credit_held
     FROM journal WHERE credit = a.number AND credit <> 0 ORDER BY credit_seq DESC LIMIT 1)
    ORDER BY seq DESC LIMIT 1
) b
ORDER BY a.id;

-- name: seq_at
-- The last sequence of a partition at a moment, found by halving: its records' times never fall.
-- Sequences that another partition's record carries have no row here; the row before counts.
WITH RECURSIVE search (low, high) AS (
    SELECT 0::bigint, last_seq FROM leases WHERE partition = $1
    UNION ALL
    SELECT CASE WHEN before THEN middle ELSE low END, CASE WHEN before THEN high ELSE middle - 1 END
    FROM search
    CROSS JOIN LATERAL (SELECT (low + high + 1) / 2 AS middle) m
    CROSS JOIN LATERAL (SELECT coalesce((
        SELECT j.at <= $2 FROM journal j
        WHERE j.partition = $1 AND j.seq <= middle ORDER BY j.seq DESC LIMIT 1
    ), true) AS before OFFSET 0) b
    WHERE low < high
)
SELECT low FROM search WHERE low = high;

-- name: balance_at
-- $2 is the partition's last sequence at the moment; a record carried over from another partition
-- may stand below it and yet be later.
(SELECT seq, at, debit_posted AS posted, debit_held AS held
 FROM journal WHERE debit = $1 AND debit <> 0 AND seq <= $2 AND at <= $3 ORDER BY seq DESC LIMIT 1)
UNION ALL
(SELECT credit_seq, at, credit_posted, credit_held
 FROM journal WHERE credit = $1 AND credit <> 0 AND credit_seq <= $2 AND at <= $3
 ORDER BY credit_seq DESC LIMIT 1)
ORDER BY seq DESC LIMIT 1;

-- name: settings_at
-- As the newest change up to a sequence says.
SELECT details FROM journal
WHERE credit = $1 AND credit <> 0 AND credit_seq <= $2 AND kind <= 3
ORDER BY credit_seq DESC LIMIT 1;

-- name: entries
-- Postings and changes of holds; declined payments and settings change no balance.
(SELECT * FROM journal
 WHERE debit = $1 AND debit <> 0 AND seq <= $2 AND seq > $3 AND kind <> 13
   AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
 ORDER BY seq DESC LIMIT $6)
UNION ALL
(SELECT * FROM journal
 WHERE credit = $1 AND credit <> 0 AND credit_seq <= $2 AND credit_seq > $3 AND kind > 3
   AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
 ORDER BY credit_seq DESC LIMIT $6);

-- name: debtors
-- Whom payments come from: their first record says so.
SELECT payment, debit FROM journal
WHERE payment = ANY($1::uuid[]) AND payment <> '00000000-0000-0000-0000-000000000000'
  AND kind IN (10, 11, 13, 14, 15);
