"""Words of the damages: they are of the ledger that support/played.py makes.

`{settled}` and the like are payments, `{anna}` and the like account ids, `{anna_number}` their
numbers, `:kind(...)` kinds of records; `{forged...}` are fingerprints made for what a damage
pretends.
"""


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
