-- name: lock
SELECT pg_advisory_lock($1);

-- name: is_former
-- Whether it was migrated when migrations were not yet told apart by area.
SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('migrations') AND attname = 'name')
   AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('migrations') AND attname = 'area');

-- name: create_history
CREATE TABLE IF NOT EXISTS migrations (
    area       text NOT NULL,
    number     smallint NOT NULL,                     -- within its area
    name       text NOT NULL,                         -- of the file
    digest     bytea NOT NULL,                        -- SHA-256 of the file
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (area, number)
);

-- name: history
SELECT area, number, name, digest FROM migrations;

-- name: note
INSERT INTO migrations (area, number, name, digest) VALUES ($1, $2, $3, $4);
