-- name: bind
-- The update changes nothing; it makes the statement return the row that was there before.
INSERT INTO platform (name, value) VALUES ('master_key', $1)
ON CONFLICT (name) DO UPDATE SET value = platform.value
RETURNING value;

-- name: bound_to
SELECT value FROM platform WHERE name = 'master_key';

-- name: newest
SELECT w.subject, k.generation, k.wrapped
FROM unnest($1::bigint[]) AS w (subject)
CROSS JOIN LATERAL (
    SELECT generation, wrapped FROM subject_keys
    WHERE subject = w.subject ORDER BY generation DESC LIMIT 1
) k;

-- name: living
SELECT k.subject, k.generation, k.wrapped
FROM unnest($1::bigint[], $2::smallint[]) AS w (subject, generation)
JOIN subject_keys k ON k.subject = w.subject AND k.generation = w.generation
WHERE k.wrapped IS NOT NULL;

-- name: subject_of
SELECT a.number FROM accounts a JOIN tenants t ON t.number = a.tenant
WHERE t.name = $1 AND a.id = $2;

-- name: destroy
UPDATE subject_keys SET wrapped = NULL, destroyed_at = now()
WHERE subject = ANY($1::bigint[]) AND wrapped IS NOT NULL
RETURNING generation;

-- name: put_subject_keys
INSERT INTO subject_keys (subject, generation, wrapped, made_at)
SELECT * FROM unnest($1::bigint[], $2::smallint[], $3::bytea[], $4::timestamptz[]);
