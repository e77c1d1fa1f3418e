-- What the leases say of their partitions.

-- name: leases_are_one_a_partition
-- One for each partition that the ledger was made with, and no other.
WITH made AS (
    SELECT generate_series(0, value::integer - 1) AS partition
    FROM platform WHERE name = 'partitions'
)
SELECT count(l.partition) || ' leases' AS figure,
       count(*) FILTER (WHERE m.partition IS NULL OR l.partition IS NULL) AS wrong,
       'partition ' || min(coalesce(m.partition, l.partition))
           FILTER (WHERE m.partition IS NULL OR l.partition IS NULL) AS first
FROM made m FULL JOIN leases l ON l.partition = m.partition;

-- name: leases_stand_at_the_end
-- A lease has the sequence and the time of its partition's newest record, and the ordinal of the
-- newest account; ordinals are given without a gap.
WITH newest AS (
    SELECT partition, max(seq) AS seq, max(at) AS at
    FROM (
        SELECT partition, max(seq) AS seq, max(at) AS at FROM journal GROUP BY partition
        UNION ALL
        SELECT credit_partition, max(credit_seq), max(at) FROM journal
        WHERE credit_partition <> partition GROUP BY credit_partition
    ) ends
    GROUP BY partition
), opened AS (
    SELECT account_partition(credit) AS partition, max(account_ordinal(credit)) AS last_ordinal, count(*) AS accounts
    FROM journal WHERE kind = :kind(account_opened) GROUP BY account_partition(credit)
), judged AS (
    SELECT coalesce(l.partition, n.partition) AS partition,
           (l.last_seq, l.last_at) IS DISTINCT FROM (coalesce(n.seq, 0), coalesce(n.at, 'epoch'))
           OR l.last_ordinal IS DISTINCT FROM coalesce(o.last_ordinal, :number(first_ordinal) - 1)
           OR l.last_ordinal <> :number(first_ordinal) - 1 + coalesce(o.accounts, 0) AS wrong
    FROM leases l
    FULL JOIN newest n ON n.partition = l.partition
    LEFT JOIN opened o ON o.partition = coalesce(l.partition, n.partition)
)
SELECT count(*) || ' partitions' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       'partition ' || min(partition) FILTER (WHERE wrong) AS first
FROM judged;

-- name: epochs_never_fall
-- Along a partition's records, up to that of its lease. 0: before epochs were kept.
WITH spans AS (
    SELECT partition, epoch, min(seq) AS begins, max(seq) AS ends
    FROM journal GROUP BY partition, epoch
), judged AS (
    SELECT s.partition, s.begins, s.epoch < 0 OR s.epoch > coalesce(l.epoch, -1)
        OR s.begins < max(s.ends) OVER (
            PARTITION BY s.partition ORDER BY s.epoch ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW
        ) AS wrong
    FROM spans s LEFT JOIN leases l ON l.partition = s.partition
)
SELECT count(*) || ' epochs with records' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       min(partition || ':' || begins) FILTER (WHERE wrong) AS first
FROM judged;

-- name: transit_starts_in_time
-- Open legs are looked for from a lease's transit_from on: none was opened before it.
WITH open_legs AS (
    SELECT o.partition, min(o.seq) AS seq
    FROM journal o
    LEFT JOIN journal e ON e.payment = o.payment AND e.leg = o.leg AND e.kind IN :kinds(ends_leg)
    WHERE o.kind IN :kinds(opens_leg) AND is_system_account(o.credit)
      AND e.payment IS NULL
    GROUP BY o.partition
), judged AS (
    SELECT l.partition, l.transit_from < 1
        OR l.transit_from > least(o.seq, l.last_seq + 1) AS wrong
    FROM leases l LEFT JOIN open_legs o ON o.partition = l.partition
)
SELECT count(*) || ' partitions' AS figure, count(*) FILTER (WHERE wrong) AS wrong,
       'partition ' || min(partition) FILTER (WHERE wrong) AS first
FROM judged;
