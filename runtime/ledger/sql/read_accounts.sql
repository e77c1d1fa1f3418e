-- An account's balance stands in its newest record: as debit under (debit, seq), as credit under
-- (credit, credit_seq), both sequences being those of the account's own partition.

-- Each comes with the time of its partition's newest record (last_at) and the database's own
-- (read_at), from the same snapshot.

-- name: account
SELECT a.number, a.id, a.currency, a.state, a.credit_line, a.payment_max, a.daily_amount_max,
       a.daily_count_max, a.opened_at, b.posted, b.held, l.last_at, now() AS read_at
FROM accounts a
JOIN leases l ON l.partition = account_partition(a.number)
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
       a.daily_count_max, a.opened_at, b.posted, b.held, l.last_at, now() AS read_at
FROM (SELECT * FROM accounts WHERE tenant = $1 AND id > $2 ORDER BY id LIMIT $3) a
JOIN leases l ON l.partition = account_partition(a.number)
CROSS JOIN LATERAL (
    (SELECT seq, at, debit_posted AS posted, debit_held AS held
     FROM journal WHERE debit = a.number AND debit <> 0 ORDER BY seq DESC LIMIT 1)
    UNION ALL
    (SELECT credit_seq, at, credit_posted, credit_held
     FROM journal WHERE credit = a.number AND credit <> 0 ORDER BY credit_seq DESC LIMIT 1)
    ORDER BY seq DESC LIMIT 1
) b
ORDER BY a.id;

-- Bounds in time. A partition's sequence is carried by its own records, which are found by it, and
-- by those of other partitions that credit its accounts, which have no row under it. Times never
-- fall from one of its sequences to the next, own or carried, so that each bound is found by halving
-- over own rows alone; carried sequences between two own rows may be of any moment between theirs.

-- name: reach
SELECT last_seq, last_at, now() AS read_at FROM leases WHERE partition = $1;

-- name: seq_before
-- All that happened at a moment or later stands above this sequence: that of the last own record
-- before the moment; 0: there was none.
WITH RECURSIVE search (low, high) AS (
    SELECT 0::bigint, last_seq FROM leases WHERE partition = $1
    UNION ALL
    SELECT CASE WHEN before THEN middle ELSE low END, CASE WHEN before THEN high ELSE middle - 1 END
    FROM search
    CROSS JOIN LATERAL (SELECT (low + high + 1) / 2 AS middle) m
    CROSS JOIN LATERAL (SELECT coalesce((
        SELECT j.at < $2 FROM journal j
        WHERE j.partition = $1 AND j.seq <= middle ORDER BY j.seq DESC LIMIT 1
    ), true) AS before OFFSET 0) b
    WHERE low < high
)
SELECT coalesce((
    SELECT j.seq FROM journal j
    WHERE j.partition = $1 AND j.seq <= low ORDER BY j.seq DESC LIMIT 1
), 0) FROM search WHERE low = high;

-- name: seq_until
-- All that happened at a moment or earlier stands at or below this sequence: that before the first
-- own record after the moment; without one, the partition's last.
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

-- name: end
SELECT last_seq FROM leases WHERE partition = $1;

-- name: balance_at
-- $2 is seq_until of the moment $3: what another partition's record carries may stand below it and
-- yet be later.
(SELECT seq, at, debit_posted AS posted, debit_held AS held
 FROM journal WHERE debit = $1 AND debit <> 0 AND seq <= $2 AND at <= $3 ORDER BY seq DESC LIMIT 1)
UNION ALL
(SELECT credit_seq, at, credit_posted, credit_held
 FROM journal WHERE credit = $1 AND credit <> 0 AND credit_seq <= $2 AND at <= $3
 ORDER BY credit_seq DESC LIMIT 1)
ORDER BY seq DESC LIMIT 1;

-- name: settings_at
-- As the newest change up to a sequence says; changes are the partition's own records.
SELECT details FROM journal
WHERE credit = $1 AND credit <> 0 AND credit_seq <= $2 AND kind IN :kinds(settings)
ORDER BY credit_seq DESC LIMIT 1;

-- name: entries
-- Postings and changes of holds; declined payments and settings change no balance.
(SELECT * FROM journal
 WHERE debit = $1 AND debit <> 0 AND seq <= $2 AND seq > $3 AND kind IN :kinds(changes_debit)
   AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
 ORDER BY seq DESC LIMIT $6)
UNION ALL
(SELECT * FROM journal
 WHERE credit = $1 AND credit <> 0 AND credit_seq <= $2 AND credit_seq > $3 AND kind IN :kinds(credits)
   AND ($4::timestamptz IS NULL OR at >= $4) AND ($5::timestamptz IS NULL OR at < $5)
 ORDER BY credit_seq DESC LIMIT $6);
