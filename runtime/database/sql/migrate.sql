-- name: lock
SELECT pg_advisory_lock($1);

-- name: create_history
CREATE TABLE IF NOT EXISTS migrations (
    name       text PRIMARY KEY,
    digest     bytea NOT NULL,                        -- SHA-256 of the file
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: history
SELECT name, digest FROM migrations;

-- name: note
INSERT INTO migrations (name, digest) VALUES ($1, $2);

-- name: partitions
SELECT value FROM platform WHERE name = 'partitions';

-- name: write_partitions
INSERT INTO platform VALUES ('partitions', $1) ON CONFLICT DO NOTHING;

-- name: write_leases
INSERT INTO leases (partition, last_place)
SELECT generate_series(0, $1::integer - 1), :number(first_place) - 1 ON CONFLICT DO NOTHING;

-- name: write_currencies
INSERT INTO currencies (number, code, minor_units)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::smallint[])
ON CONFLICT (number) DO UPDATE SET code = excluded.code, minor_units = excluded.minor_units
WHERE (currencies.code, currencies.minor_units) <> (excluded.code, excluded.minor_units);

-- name: write_names
INSERT INTO names (subject, number, name)
SELECT * FROM unnest($1::text[], $2::smallint[], $3::text[])
ON CONFLICT (subject, number) DO UPDATE SET name = excluded.name
WHERE names.name <> excluded.name;

-- name: kinds
SELECT * FROM kinds;

-- name: states
SELECT * FROM states;

-- name: drop_kinds
DELETE FROM kinds WHERE number = ANY($1::smallint[]);

-- name: drop_states
DELETE FROM states WHERE number = ANY($1::smallint[]);

-- name: write_kinds
INSERT INTO kinds SELECT * FROM json_populate_recordset(NULL::kinds, $1::text::json);

-- name: write_states
INSERT INTO states SELECT * FROM json_populate_recordset(NULL::states, $1::text::json);
