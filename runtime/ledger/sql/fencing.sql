-- name: standing
-- Whether each lease may be claimed by a holder ($2) of a cluster ($3), from others too ($4); the
-- same rule as in `claim`, by what is committed. And the connection of whoever holds it.
SELECT l.partition, a.pid AS backend_pid,
       l.holder = $2 OR ($4 AND (
           l.cluster COLLATE "C" <= $3 OR NOT EXISTS (
               SELECT FROM leases o JOIN pg_stat_activity a ON a.application_name
                   IN ('headrace writer ' || o.holder, 'headrace clock ' || o.holder)
               WHERE o.cluster = l.cluster))) AS free
FROM leases l
LEFT JOIN pg_stat_activity a
    ON a.pid = l.backend_pid AND a.application_name = 'headrace writer ' || l.holder
WHERE l.partition = ANY($1::smallint[])

-- name: holders
-- Of every lease: whose it is, whether its holder is connected, and its partition's newest record.
SELECT l.partition, l.holder, l.cluster, a.holder IS NOT NULL AS lives, l.last_seq
FROM leases l
LEFT JOIN (
    SELECT DISTINCT substring(application_name FROM '^headrace (?:writer|clock) (.+)$') AS holder
    FROM pg_stat_activity
) a ON a.holder = l.holder
ORDER BY l.partition

-- name: holder
SELECT holder FROM leases WHERE partition = $1

-- name: ends
SELECT partition, last_seq FROM leases

-- name: epochs
SELECT partition, epoch FROM leases WHERE partition = ANY($1::smallint[])

-- name: claim
-- All or nothing. Waits for the rows' locks, so that a commit still under way is over before
-- anything is read, and that nobody claims a lease between the look at its holder and this claim.
WITH locked AS (
    SELECT partition, holder, cluster FROM leases WHERE partition = ANY($1::smallint[])
    ORDER BY partition FOR UPDATE
), judged AS MATERIALIZED (
    SELECT l.partition, bool_and(
        l.holder = $2 OR ($4 AND (
            l.cluster COLLATE "C" <= $3 OR NOT EXISTS (
                SELECT FROM leases o JOIN pg_stat_activity a ON a.application_name
                    IN ('headrace writer ' || o.holder, 'headrace clock ' || o.holder)
                WHERE o.cluster = l.cluster)))) OVER () AS free
    FROM locked l
)
UPDATE leases l
SET epoch = l.epoch + 1, holder = $2, cluster = $3, backend_pid = pg_backend_pid()
FROM judged j WHERE l.partition = j.partition AND j.free
RETURNING l.partition, l.epoch, l.last_seq, l.last_at, l.transit_from, l.last_ordinal

-- name: advance
-- The fence: rows of another epoch, or that do not stand where we believe, are left out.
WITH wanted AS (
    SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[],
                         $5::timestamptz[], $6::bigint[], $7::bigint[])
        AS w (partition, epoch, seq_before, seq_after, at, transit_from, last_ordinal)
), locked AS (
    SELECT l.partition, l.epoch, l.last_seq FROM leases l
    WHERE l.partition = ANY($1::smallint[])
    ORDER BY l.partition FOR NO KEY UPDATE
)
UPDATE leases l
SET last_seq = w.seq_after, last_at = w.at, transit_from = w.transit_from, last_ordinal = w.last_ordinal
FROM wanted w JOIN locked k ON k.partition = w.partition
WHERE l.partition = w.partition AND k.epoch = w.epoch AND k.last_seq = w.seq_before
RETURNING l.partition
