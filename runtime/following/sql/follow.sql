-- name: claim
-- A follower's partitions ($2) for a holder ($3): from anybody ($4), or only from itself and from
-- those that are not connected any more. Waits for the rows' locks, so that a move still under way
-- is over before anything is read. What was never followed begins before the first record.
INSERT INTO followers AS f (follower, partition, epoch, holder)
SELECT $1, w.partition, 1, $3 FROM unnest($2::smallint[]) AS w (partition) ORDER BY w.partition
ON CONFLICT (follower, partition) DO UPDATE SET epoch = f.epoch + 1, holder = excluded.holder
WHERE $4 OR f.holder = excluded.holder OR NOT EXISTS (
    SELECT FROM pg_stat_activity a WHERE a.application_name = 'headrace follower ' || f.holder)
RETURNING partition, sequence, epoch;

-- name: move
-- The fence: rows of another epoch, or that do not stand where we believe, are left out.
WITH wanted AS (
    SELECT * FROM unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS w (partition, epoch, before, through)
), locked AS (
    SELECT f.partition, f.epoch, f.sequence FROM followers f
    WHERE f.follower = $1 AND f.partition = ANY($2::smallint[])
    ORDER BY f.partition FOR NO KEY UPDATE
)
UPDATE followers f SET sequence = w.through
FROM wanted w JOIN locked k ON k.partition = w.partition
WHERE f.follower = $1 AND f.partition = w.partition
  AND k.epoch = w.epoch AND k.sequence = w.before
RETURNING f.partition;

-- name: positions
SELECT follower, partition, sequence, epoch, holder FROM followers ORDER BY follower, partition;

-- name: edge
-- The record that stands so many after a sequence; none: there are fewer.
SELECT seq FROM journal
WHERE partition = $1 AND seq > $2 AND seq <= $3
ORDER BY seq OFFSET $4 LIMIT 1;

-- name: page
SELECT * FROM journal
WHERE partition = $1 AND seq > $2 AND seq <= $3
  AND ($4::smallint[] IS NULL OR kind = ANY($4))
ORDER BY seq;
