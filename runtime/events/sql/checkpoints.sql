-- name: put
-- Each takes some that are older than $5 along, the oldest first, so that none needs a sweeper.
WITH expired AS (
    DELETE FROM event_checkpoints WHERE id IN (
        SELECT id FROM event_checkpoints WHERE id < $5 ORDER BY id LIMIT $6 FOR UPDATE SKIP LOCKED)
)
INSERT INTO event_checkpoints (id, page_max, after, ends) VALUES ($1, $2, $3, $4);

-- name: found
SELECT page_max, after, ends FROM event_checkpoints WHERE id = $1;
