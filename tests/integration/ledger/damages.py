"""Ways to damage the scene's ledger by SQL, and what goes red for each (conftest.py has the scene).

`{settled}` and the like are payments, `{anna}` and the like account ids, `{anna_number}` their
numbers, `:kind(...)` kinds of records; `{forged...}` are fingerprints made for what a damage
pretends.
"""

from headrace.runtime.journal.account_numbers import FIRST_PLACE


def of(payment: str, kind: str) -> str:
    """A record of one of the scene's payments."""
    return f"payment = '{{{payment}}}' AND kind = :kind({kind})"


def told(change: str, where: str) -> str:
    """Settings as the journal tells them, with a text put in place of another."""
    return (
        f"UPDATE journal SET details = convert_to(replace(convert_from(details, 'UTF8'), {change}),"
        f" 'UTF8') WHERE {where};"
    )


NEWEST_TRANSIT = """
    UPDATE journal SET debit_posted = debit_posted + 1 WHERE (debit, seq) =
        (SELECT debit, max(seq) FROM journal WHERE kind = :kind(credited) GROUP BY debit LIMIT 1)
"""
FIELDS, TIMES, PRINTS = "fields_fit_their_kind", "times_fit", "fingerprints_are_the_requests"
ENTRY, FOLLOW, ZERO = "records_are_double_entry", "balances_follow", "sums_to_zero"
BOUNDS, SPENT, WHOLE = "amounts_are_within_bounds", "nobody_overspends", "sequences_are_whole"
KEYS, ENDS, ONE_LEASE = (
    "keys_are_used_once",
    "leases_stand_at_the_end",
    "leases_are_one_a_partition",
)
EPOCHS, FROM, ONCE = "epochs_never_fall", "transit_starts_in_time", "legs_arrive_once"
NUMBERED, TRANSIT, PARKED = (
    "legs_are_numbered", "transit_is_what_is_under_way", "parked_legs_are_open"
)  # fmt: skip
SEALED = "texts_are_sealed"
PARTIES, STATES, SUMS = "parties_are_the_payments", "states_follow", "amounts_add_up"
HOLDS, ACCOUNTS, OBEYED = (
    "holds_are_the_journals", "accounts_are_the_journals", "settings_are_obeyed"
)  # fmt: skip
HOME, SCHEMA, FILES, NAMES = (
    "accounts_are_at_home", "schema_is_the_migrations", "migrations_are_the_packaged",
    "names_are_the_codes",
)  # fmt: skip

DAMAGES = {
    # Balances and amounts
    "a balance was raised": (
        "UPDATE journal SET credit_posted = credit_posted + 1"
        " WHERE currency = 392 AND kind = :kind(deposited)",
        {ZERO, FOLLOW},
    ),
    "a transit account's balance was raised": (NEWEST_TRANSIT, {TRANSIT, ZERO, FOLLOW}),
    "an external account's balance was raised": (
        "UPDATE journal SET debit_posted = debit_posted + 1"
        " WHERE currency = 392 AND kind = :kind(deposited)",
        {ZERO, FOLLOW},
    ),
    "a past balance was changed": (
        "UPDATE journal SET debit_posted = debit_posted - 1"
        f" WHERE {of('settled', 'settled')}",
        {FOLLOW},
    ),
    "a past held balance was changed": (
        "UPDATE journal SET debit_held = debit_held + 1"
        f" WHERE {of('settled', 'settled')}",
        {FOLLOW},
    ),
    "an account spent more than its credit line": (
        told("'5000', '4999'", "kind = :kind(account_opened)")
        + "UPDATE accounts SET credit_line = 4999 WHERE credit_line = 5000",
        {SPENT},
    ),
    "an amount is larger than any can be": (
        f"UPDATE journal SET amount = 1000000000000001 WHERE {of('declined', 'declined')}",
        {BOUNDS, PRINTS},
    ),
    "a tenant's balance is larger than any can be": (
        f"UPDATE journal SET debit_posted = 9007199254740992 WHERE {of('declined', 'declined')}",
        {BOUNDS, FOLLOW},
    ),
    "a balance stands where no account is": (
        f"UPDATE journal SET credit_posted = 1 WHERE {of('declined', 'declined')}", {BOUNDS},
    ),
    "something is held for a transit account": (
        f"UPDATE journal SET credit_held = 1 WHERE {of('debited', 'debited')}", {BOUNDS, FOLLOW},
    ),
    "a limit is negative": (
        told("'\"daily_count_max\": 0', '\"daily_count_max\": -1'", "credit = {kiosk_number}")
        + "UPDATE accounts SET daily_count_max = -1 WHERE number = {kiosk_number}",
        {BOUNDS},
    ),
    # Single records
    "a change of settings moves money": (
        "UPDATE journal SET amount = 1 WHERE kind = :kind(account_changed)", {ENTRY},
    ),
    "a record is of a kind that nobody knows": (
        "UPDATE journal SET kind = 9 WHERE kind = :kind(account_changed)",
        {ENTRY, ACCOUNTS, SEALED},
    ),
    "a deposit came from a transit account": (
        "UPDATE journal SET debit = debit + 1"
        " WHERE kind = :kind(deposited) AND currency = 392",
        {ENTRY, TRANSIT},
    ),
    "a deposit came from another currency's external account": (
        "UPDATE journal SET debit = debit + :number(kinds_a_currency) * (756 - 392)"
        " WHERE kind = :kind(deposited) AND currency = 392",
        {ENTRY, ZERO},
    ),
    "a payment left by another partition's transit account": (
        "UPDATE journal SET credit = credit + (1::bigint << :number(place_bits))"
        f" WHERE {of('debited', 'debited')}",
        {ENTRY, FOLLOW, ZERO},
    ),
    "a payment left by the account of those that arrive": (
        f"UPDATE journal SET credit = credit + 1 WHERE {of('debited', 'debited')}",
        {ENTRY, FOLLOW, ZERO},
    ),
    "a record of one account names two partitions": (
        f"UPDATE journal SET credit_partition = 5 WHERE {of('declined', 'declined')}",
        {ENTRY, WHOLE, ENDS},
    ),
    "a hold moves nothing": (
        f"UPDATE journal SET amount = 0 WHERE {of('lapsed', 'held')}",
        {ENTRY, FOLLOW, SUMS, PARTIES, PRINTS, HOLDS},
    ),
    "a risk score is above all": (
        f"UPDATE journal SET risk_score = 1001 WHERE {of('settled', 'settled')}", {FIELDS},
    ),
    "a risk flag is unknown": (
        f"UPDATE journal SET risk_flags = 1 << 20 WHERE {of('settled', 'settled')}", {FIELDS},
    ),
    "a capture was scored": (
        f"UPDATE journal SET risk_score = 1 WHERE {of('capturing', 'captured')}", {FIELDS},
    ),
    "a settled payment has a reason": (
        f"UPDATE journal SET reason = 6 WHERE {of('settled', 'settled')}", {FIELDS},
    ),
    "a declined payment has no reason": (
        f"UPDATE journal SET reason = 0 WHERE {of('declined', 'declined')}", {FIELDS},
    ),
    "a payment was declined for what only returns are": (
        f"UPDATE journal SET reason = 9 WHERE {of('declined', 'declined')}", {FIELDS},
    ),
    "a cancelled hold was rejected": (
        f"UPDATE journal SET reason = 7 WHERE {of('cancelled', 'released')}", {FIELDS, PRINTS},
    ),
    "a settled payment expires": (
        f"UPDATE journal SET expires_at = at + interval '1 day' WHERE {of('settled', 'settled')}",
        {FIELDS},
    ),
    "a hold never expires": (
        f"UPDATE journal SET expires_at = NULL WHERE {of('lapsed', 'held')}", {FIELDS},
    ),
    "a hold expired before it began": (
        f"UPDATE journal SET expires_at = at - interval '1 second' WHERE {of('lapsed', 'held')}",
        {FIELDS},
    ),
    "a payment has no key": (
        f"UPDATE journal SET key = NULL WHERE {of('settled', 'settled')}", {FIELDS},
    ),
    "a capture has no key": (
        "UPDATE journal SET key = NULL, fingerprint = 0"
        f" WHERE {of('captured', 'captured')}",
        {FIELDS},
    ),
    "a refund has no key": (
        "UPDATE journal SET key = NULL, fingerprint = 0"
        f" WHERE {of('part_refunded', 'refund_requested')}",
        {FIELDS},
    ),
    "a key lost its fingerprint": (
        f"UPDATE journal SET fingerprint = 0 WHERE {of('settled', 'settled')}", {FIELDS, PRINTS},
    ),
    "an arrival has a key": (
        f"UPDATE journal SET key = 'k', fingerprint = 1 WHERE {of('crossed', 'completed')}",
        {FIELDS, PRINTS},
    ),
    "a payment at once is a capture": (
        f"UPDATE journal SET leg = 1 WHERE {of('settled', 'settled')}", {FIELDS},
    ),
    "an entry of the counterpart has a state": (
        f"UPDATE journal SET state = 5 WHERE {of('crossed', 'credited')}", {FIELDS},
    ),
    "a deposit names a creditor": (
        "UPDATE journal SET creditor = credit"
        " WHERE kind = :kind(deposited) AND currency = 392",
        {FIELDS},
    ),
    # Times and ids
    "a payment's time is not its id's": (
        "UPDATE journal SET at = at + interval '2 ms', occurred_at = occurred_at + interval '2 ms'"
        f" WHERE {of('settled', 'settled')}",
        {TIMES},
    ),
    "a payment's id is no UUIDv7": (
        "UPDATE journal SET payment = overlay(payment::text placing '4' from 15)::uuid"
        " WHERE payment = '{declined}'",
        {TIMES},
    ),
    "an arrival occurred at another time than it was recorded": (
        "UPDATE journal SET occurred_at = at - interval '1 s'"
        f" WHERE {of('crossed', 'completed')}",
        {TIMES},
    ),
    "a payment was taken days after it was made": (
        f"UPDATE journal SET occurred_at = at + interval '2 days' WHERE {of('lapsed', 'held')}",
        {TIMES, PRINTS},
    ),
    "a record's time was set back": (
        "UPDATE journal SET at = at - interval '1 day', occurred_at = at - interval '1 day'"
        f" WHERE {of('crossed', 'completed')}",
        {WHOLE},
    ),
    # Sequences, keys, leases
    "a record was deleted": (
        f"DELETE FROM journal WHERE {of('credited', 'debited')}",
        {WHOLE, FOLLOW, ONCE, TRANSIT, ZERO, PARTIES},
    ),
    "the newest record was deleted": (
        "DELETE FROM journal WHERE kind = :kind(deposited) AND currency = 392", {ENDS},
    ),
    "the carried sequence of a record was changed": (
        f"UPDATE journal SET credit_seq = credit_seq + 1 WHERE {of('settled', 'settled')}", {WHOLE},
    ),
    "a key was used twice": (
        "DROP INDEX journal_key; UPDATE journal SET key = 'key-3' WHERE key = 'key-4'",
        {KEYS, SCHEMA},
    ),
    "the lease is ahead of the journal": (
        "UPDATE leases SET last_seq = last_seq + 1 WHERE partition = 15", {ENDS},
    ),
    "a lease is of an earlier time than its records": (
        "UPDATE leases SET last_at = last_at - interval '1 s' WHERE partition = 0", {ENDS},
    ),
    "a lease gives an account's place again": (
        "UPDATE leases SET last_place = last_place - 1 WHERE partition = 0", {ENDS},
    ),
    "a lease is missing": ("DELETE FROM leases WHERE partition = 15", {ONE_LEASE}),
    "there is a lease too many": (
        f"INSERT INTO leases (partition, last_place) VALUES (16, {FIRST_PLACE - 1})", {ONE_LEASE},
    ),
    "the ledger has another number of partitions": (
        "UPDATE platform SET value = '8' WHERE name = 'partitions'", {ONE_LEASE},
    ),
    "a lease's epoch is below its records'": (
        "UPDATE leases SET epoch = 1 WHERE partition = 0", {EPOCHS},
    ),
    "an epoch falls from one record to the next": (
        f"UPDATE journal SET epoch = 2 WHERE {of('settled', 'settled')}", {EPOCHS},
    ),
    "a record is of an epoch that nobody had": (
        f"UPDATE journal SET epoch = 9 WHERE {of('taken_before', 'completed')}", {EPOCHS},
    ),
    "open legs are looked for too late": (
        "UPDATE leases SET transit_from = last_seq + 1 WHERE partition = 0", {FROM},
    ),
    # Legs
    "a leg arrived that never left": (
        f"UPDATE journal SET leg = 5 WHERE {of('crossed', 'credited')}", {ONCE},
    ),
    "a leg arrived twice": (
        "UPDATE journal SET kind = :kind(credited), leg = 0, debit = 0"
        f" WHERE {of('returned', 'leg_refused')}",
        {ONCE, ENTRY, TRANSIT, FIELDS, PARTIES},
    ),
    "a leg arrived with another amount": (
        "UPDATE journal SET amount = amount + 1"
        f" WHERE {of('crossed', 'completed')}",
        {ONCE, PARTIES},
    ),
    "a payment came back for another reason than it was refused": (
        f"UPDATE journal SET reason = 11 WHERE {of('returned', 'returned')}", {ONCE},
    ),
    "a leg arrived that occurred at another time": (
        "UPDATE journal SET occurred_at = occurred_at + interval '1 s'"
        f" WHERE {of('crossed', 'credited')}",
        {ONCE},
    ),
    "a capture's number was left out": (
        "UPDATE journal SET leg = 3 WHERE payment = '{captured}' AND leg = 2", {NUMBERED},
    ),
    "a rest was released of another capture": (
        f"UPDATE journal SET leg = 1 WHERE {of('captured', 'released')}", {NUMBERED},
    ),
    "a refund's number was left out": (
        "UPDATE journal SET leg = 2 WHERE payment = '{part_refunded}' AND leg = 1", {NUMBERED},
    ),
    "a leg is parked that nobody opened": (
        "INSERT INTO parked_legs (partition, seq, payment, leg, failures, error)"
        " VALUES (0, 1, '{debited}', 0, 3, 'no')",
        {PARKED},
    ),
    "a leg is parked that has ended": (
        "INSERT INTO parked_legs (partition, seq, payment, leg, failures, error)"
        " SELECT partition, seq, payment, leg, 3, 'no' FROM journal"
        f" WHERE {of('crossed', 'debited')}",
        {PARKED},
    ),
    # Payments
    "a leg arrived at another account": (
        f"UPDATE journal SET creditor = {{shop_number}}"
        f" WHERE {of('crossed', 'credited')}",
        {PARTIES},
    ),
    "a released hold is for somebody else": (
        f"UPDATE journal SET creditor = {{kiosk_number}}"
        f" WHERE {of('cancelled', 'released')}",
        {PARTIES},
    ),
    "a capture was larger than its payment": (
        f"UPDATE journal SET amount = 611 WHERE {of('accepted', 'completed')}", {ONCE, PARTIES},
    ),
    "a hold was given back to somebody else": (
        f"UPDATE journal SET debit = {{yen_number}} WHERE {of('lapsed', 'released')}",
        {PARTIES, FOLLOW, ACCOUNTS},
    ),
    "a payment's debtor is its creditor": (
        "UPDATE journal SET creditor = debit"
        f" WHERE {of('declined', 'declined')}",
        {PARTIES, PRINTS},
    ),
    "a declined payment settled": (
        f"UPDATE journal SET payment = '{{declined}}' WHERE {of('crossed', 'completed')}",
        {PARTIES, STATES, ONCE},
    ),
    "a payment skipped a state": (
        f"UPDATE journal SET state = 5 WHERE {of('debited', 'debited')}", {STATES},
    ),
    "a payment's record stands in another partition than its home": (
        "UPDATE journal SET payment = (left(payment::text, 32) || '0007')::uuid"
        " WHERE payment = '{overdrawn}'",
        {STATES},
    ),
    "a part refund counts as whole": (
        f"UPDATE journal SET state = 7 WHERE {of('part_refunded', 'refunded')}", {SUMS},
    ),
    "an open hold is missing": ("DELETE FROM holds WHERE review", {HOLDS}),
    "an open hold is too large": ("UPDATE holds SET amount = amount + 1 WHERE NOT review", {HOLDS}),
    "a hold is open that was never made": (
        "INSERT INTO holds VALUES ('{settled}', 0, 1, 1, false, now() + interval '1 day')", {HOLDS},
    ),
    "a hold ends at another time": (
        "UPDATE holds SET expires_at = expires_at + interval '1 s' WHERE review", {HOLDS},
    ),
    "a review asks for a hold of years": (
        "UPDATE holds SET expires_in_s = 100000000 WHERE review", {HOLDS},
    ),
    # Accounts
    "the directory has another limit": (
        "UPDATE accounts SET payment_max = 1 WHERE payment_max = 0", {ACCOUNTS},
    ),
    "the directory has a frozen account as open": (
        "UPDATE accounts SET state = 1 WHERE state = 2", {ACCOUNTS},
    ),
    "the directory lost an account": (
        "DELETE FROM accounts WHERE credit_line > 0", {ACCOUNTS, ZERO, PRINTS},
    ),
    "an account was opened at another time": (
        "UPDATE accounts SET opened_at = opened_at + interval '1 s' WHERE number = {kiosk_number}",
        {ACCOUNTS},
    ),
    "a record is of another currency": (
        f"UPDATE journal SET currency = 756 WHERE {of('settled', 'settled')}", {ACCOUNTS, PRINTS},
    ),
    "an account was renamed to one of another partition": (
        told("'\"{closed}\"', '\"other\"'", "kind IN :kinds(settings)")
        + "UPDATE accounts SET id = 'other' WHERE id = '{closed}'",
        {HOME},
    ),
    "settings cannot be read": (
        "UPDATE journal SET details = '\\xff'"
        " WHERE kind = :kind(account_changed)",
        {ACCOUNTS, SPENT, OBEYED},
    ),
    "a frozen account paid": (
        told("'\"state\": \"open\"', '\"state\": \"frozen\"'", "credit = {credit_number}")
        + "UPDATE accounts SET state = 2 WHERE number = {credit_number}",
        {OBEYED},
    ),
    "a payment is larger than its account's limit": (
        told("'10000', '9999'", "credit = {limited_number}")
        + "UPDATE accounts SET payment_max = 9999 WHERE number = {limited_number}",
        {OBEYED},
    ),
    "a closed account was credited": (
        told("'\"state\": \"open\"', '\"state\": \"closed\"'", "credit = {yen_number}")
        + "UPDATE accounts SET state = 3 WHERE number = {yen_number}",
        {OBEYED},
    ),
    # Fingerprints
    "a hold has another fingerprint": (
        f"UPDATE journal SET fingerprint = fingerprint # 1 WHERE {of('lapsed', 'held')}", {PRINTS},
    ),
    "a payment at once has another fingerprint": (
        "UPDATE journal SET fingerprint = fingerprint # 1"
        f" WHERE {of('settled', 'settled')}",
        {PRINTS},
    ),
    "a deposit has another fingerprint": (
        "UPDATE journal SET fingerprint = fingerprint # 1 WHERE kind = :kind(deposited)", {PRINTS},
    ),
    "a withdrawal has another fingerprint": (
        "UPDATE journal SET fingerprint = fingerprint # 1 WHERE kind = :kind(withdrawn)", {PRINTS},
    ),
    "a capture has another fingerprint": (
        "UPDATE journal SET fingerprint = fingerprint # 1"
        f" WHERE {of('captured', 'captured')}",
        {PRINTS},
    ),
    "a refund has another fingerprint": (
        "UPDATE journal SET fingerprint = fingerprint # 1"
        f" WHERE {of('refunded', 'refund_requested')}",
        {PRINTS},
    ),
    "a payment's reference was changed": (
        f"UPDATE journal SET reference = 'other' WHERE {of('lapsed', 'held')}", {PRINTS},
    ),
    "a payment's description was changed": (
        "UPDATE journal SET details = set_byte(details, length(details) - 20,"
        f" get_byte(details, length(details) - 20) # 1) WHERE {of('settled', 'settled')}",
        {PRINTS},
    ),
    "a payment's text was moved to another": (
        "UPDATE journal SET details ="
        f" (SELECT details FROM journal WHERE {of('settled', 'settled')})"
        f" WHERE {of('lapsed', 'held')}",
        {PRINTS},
    ),
    "a subject's key was changed": (
        "UPDATE subject_keys SET wrapped = set_byte(wrapped, 20, get_byte(wrapped, 20) # 1)",
        {PRINTS},
    ),
    "a payment's text is plain": (
        "UPDATE journal SET details ="
        ' convert_to(\'{{"description":"other"}}\', \'UTF8\')'
        f" WHERE {of('settled', 'settled')}",
        {SEALED, PRINTS},
    ),
    "a key of a subject is gone without a trace": ("DELETE FROM subject_keys", {SEALED}),
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

ONLY_BY_A_DIGEST_CHAIN = {
    "an amount was changed with all that follows from it": (
        "UPDATE journal SET amount = 6, credit_posted = 6, debit_posted = -6,"
        " fingerprint = {forged_deposit} WHERE kind = :kind(deposited) AND currency = 392"
    ),
    "the newest record was deleted and its lease set back": (
        "DELETE FROM journal WHERE kind = :kind(deposited) AND currency = 392;"
        "UPDATE leases SET last_seq = last_seq - 1, last_at = (SELECT max(at) FROM journal"
        " WHERE partition = 0) WHERE partition = 0"
    ),
    "a payment has another trace": (
        f"UPDATE journal SET trace = gen_random_uuid() WHERE {of('settled', 'settled')}"
    ),
    "a payment has another key": (
        f"UPDATE journal SET key = 'other' WHERE {of('settled', 'settled')}"
    ),
    "a payment has another risk score": (
        f"UPDATE journal SET risk_score = 1 WHERE {of('settled', 'settled')}"
    ),
    "a payment was scored by another model": (
        f"UPDATE journal SET risk_model = 1 WHERE {of('settled', 'settled')}"
    ),
    "a payment was declined for another reason": (
        f"UPDATE journal SET reason = 4 WHERE {of('declined', 'declined')}"
    ),
    "a credit line was always higher": (
        told("'5000', '6000'", "kind = :kind(account_opened)")
        + "UPDATE accounts SET credit_line = 6000 WHERE credit_line = 5000"
    ),
    "a review lasted longer": (
        "UPDATE journal SET expires_at = expires_at + interval '1 s'"
        f" WHERE {of('rejected', 'held_for_review')}"
    ),
}
