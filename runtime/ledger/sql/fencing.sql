-- name: holder
SELECT partition, backend_pid FROM leases WHERE partition = ANY($1::smallint[])

-- name: epochs
SELECT partition, epoch FROM leases WHERE partition = ANY($1::smallint[])

-- name: raise_epoch
-- Waits for the rows' locks, so that a commit still under way is over before anything is read.
WITH locked AS (
    SELECT partition FROM leases WHERE partition = ANY($1::smallint[])
    ORDER BY partition FOR UPDATE
)
UPDATE leases l SET epoch = l.epoch + 1, holder = $2, backend_pid = pg_backend_pid()
FROM locked WHERE l.partition = locked.partition
RETURNING l.partition, l.epoch, l.last_seq, l.last_at, l.transit_from, l.last_place

-- name: advance
-- The fence: rows of another epoch, or that do not stand where we believe, are left out.
WITH wanted AS (
    SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[],
                         $5::timestamptz[], $6::bigint[], $7::bigint[])
        AS w (partition, epoch, seq_before, seq_after, at, transit_from, place)
), locked AS (
    SELECT l.partition, l.epoch, l.last_seq FROM leases l
    WHERE l.partition = ANY($1::smallint[])
    ORDER BY l.partition FOR NO KEY UPDATE
)
UPDATE leases l
SET last_seq = w.seq_after, last_at = w.at, transit_from = w.transit_from, last_place = w.place
FROM wanted w JOIN locked k ON k.partition = w.partition
WHERE l.partition = w.partition AND k.epoch = w.epoch AND k.last_seq = w.seq_before
RETURNING l.partition
