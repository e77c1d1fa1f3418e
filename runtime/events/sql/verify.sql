-- Each check returns Found's fields (runtime/database/check.py).

-- name: event_checkpoints_are_of_this_journal
-- Each has a sequence for every partition, none falls, and none is beyond the newest record.
WITH made AS (
    SELECT value::integer AS partitions FROM platform WHERE name = 'partitions'
), wrong AS (
    SELECT c.id FROM event_checkpoints c, made m
    WHERE c.page_max < 1 OR cardinality(c.after) <> m.partitions OR cardinality(c.ends) <> m.partitions
    UNION
    SELECT c.id FROM event_checkpoints c
    CROSS JOIN LATERAL unnest(c.after, c.ends) WITH ORDINALITY AS s (after, ends, number)
    LEFT JOIN leases l ON l.partition = s.number - 1
    WHERE (s.after >= 0 AND s.after <= s.ends AND s.ends <= l.last_seq) IS NOT TRUE
)
SELECT (SELECT count(*) FROM event_checkpoints) || ' checkpoints' AS figure,
       count(*) AS wrong,
       'checkpoint ' || min(id) AS first
FROM wrong;
