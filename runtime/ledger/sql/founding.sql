-- name: write_leases
INSERT INTO leases (partition, last_ordinal)
SELECT generate_series(0, $1::integer - 1), :number(first_ordinal) - 1 ON CONFLICT DO NOTHING;

-- name: write_currencies
INSERT INTO currencies (number, code, minor_units)
SELECT * FROM unnest($1::smallint[], $2::text[], $3::smallint[])
ON CONFLICT (number) DO UPDATE SET code = excluded.code, minor_units = excluded.minor_units
WHERE (currencies.code, currencies.minor_units) <> (excluded.code, excluded.minor_units);

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

-- name: currencies
SELECT number, code, minor_units FROM currencies;
