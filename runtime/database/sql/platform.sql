-- name: partitions
SELECT value FROM platform WHERE name = 'partitions';

-- name: write_partitions
INSERT INTO platform VALUES ('partitions', $1) ON CONFLICT DO NOTHING;

-- name: write_ledger
-- By which its tokens are known. A copy and a restored ledger keep it.
INSERT INTO platform VALUES ('ledger', $1) ON CONFLICT DO NOTHING;

-- name: names
SELECT subject, number, name FROM names;

-- name: write_names
INSERT INTO names (subject, number, name)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::text[])
ON CONFLICT (subject, number) DO UPDATE SET name = excluded.name
WHERE names.name <> excluded.name;
