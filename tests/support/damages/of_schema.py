"""To the schema, migrations and names."""

from support.damages.words import ACCOUNTS, FILES, NAMES, SCHEMA

OF_SCHEMA = {
    # The schema
    "an index was dropped": ("DROP INDEX journal_leg", {SCHEMA}),
    "an index is no longer unique": (
        "DROP INDEX journal_seq; CREATE INDEX journal_seq ON journal (partition, seq)", {SCHEMA},
    ),
    "a unique index was added": ("CREATE UNIQUE INDEX more ON accounts (number, id)", {SCHEMA}),
    "a column may be null": ("ALTER TABLE journal ALTER COLUMN trace DROP NOT NULL", {SCHEMA}),
    "a column lost its default": ("ALTER TABLE leases ALTER COLUMN epoch DROP DEFAULT", {SCHEMA}),
    "a column was added": ("ALTER TABLE journal ADD COLUMN note text", {SCHEMA}),
    "a column has another type": (
        "ALTER TABLE leases ALTER COLUMN backend_pid TYPE bigint", {SCHEMA},
    ),
    "a constraint was dropped": (
        "ALTER TABLE api_keys DROP CONSTRAINT api_keys_role_check", {SCHEMA},
    ),
    "a table is not logged": ("ALTER TABLE holds SET UNLOGGED", {SCHEMA}),
    "a view was dropped": ("DROP VIEW balances", {SCHEMA}),
    "a view tells something else": (
        "DROP VIEW balances; CREATE VIEW balances AS SELECT 1 AS posted", {SCHEMA},
    ),
    "a trigger was added": (
        "CREATE TRIGGER more BEFORE UPDATE ON journal FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        {SCHEMA},
    ),
    "a rule was added": ("CREATE RULE more AS ON DELETE TO holds DO INSTEAD NOTHING", {SCHEMA}),
    "a function does something else": (
        "CREATE OR REPLACE FUNCTION system_account_name(number bigint, currency text) RETURNS text"
        " LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN 'none'",
        {SCHEMA},
    ),
    "a migration's digest was changed": ("UPDATE migrations SET digest = '\\x00'", {FILES}),
    "a migration is not noted": (
        "DELETE FROM migrations WHERE area = 'ledger' AND number = 2", {FILES},
    ),
    "a name was changed": ("UPDATE names SET name = 'ajar' WHERE name = 'open'", {NAMES, ACCOUNTS}),
    "a kind means something else": (
        "UPDATE kinds SET captured = 0 WHERE number = :kind(settled)", {NAMES},
    ),
    "a kind is not explained": ("DELETE FROM kinds WHERE number = :kind(captured)", {NAMES}),
    "a state means something else": (
        "UPDATE states SET holds = true WHERE number = :state(settled)", {NAMES},
    ),
    "a currency has other minor units": (
        "UPDATE currencies SET minor_units = 0 WHERE code = 'EUR'", {NAMES},
    ),
}  # fmt: skip
