"""To legs, payments, accounts and fingerprints."""

from support.damages.words import (
    ACCOUNTS,
    ENTRY,
    FIELDS,
    FOLLOW,
    HOLDS,
    HOME,
    NUMBERED,
    OBEYED,
    ONCE,
    PARKED,
    PARTIES,
    PRINTS,
    SEALED,
    SPENT,
    STATES,
    SUMS,
    TRANSIT,
    ZERO,
    of,
    told,
)

OF_PAYMENTS = {
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
}  # fmt: skip
