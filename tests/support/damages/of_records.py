"""To single records, balances, sequences, keys and leases."""

from support.damages.words import (
    ACCOUNTS,
    BOUNDS,
    ENDS,
    ENTRY,
    EPOCHS,
    FIELDS,
    FOLLOW,
    FROM,
    HOLDS,
    KEYS,
    NEWEST_TRANSIT,
    ONCE,
    ONE_LEASE,
    PARTIES,
    PRINTS,
    SCHEMA,
    SEALED,
    SPENT,
    SUMS,
    TIMES,
    TRANSIT,
    WHOLE,
    ZERO,
    of,
    told,
)

from headrace.runtime.journal.account_numbers import FIRST_ORDINAL

OF_RECORDS = {
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
        "UPDATE journal SET credit = credit + (1::bigint << :number(ordinal_bits))"
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
        "UPDATE leases SET last_ordinal = last_ordinal - 1 WHERE partition = 0", {ENDS},
    ),
    "a lease is missing": ("DELETE FROM leases WHERE partition = 15", {ONE_LEASE}),
    "there is a lease too many": (
        f"INSERT INTO leases (partition, last_ordinal) VALUES (16, {FIRST_ORDINAL - 1})",
        {ONE_LEASE},
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
}  # fmt: skip
