"""What only a digest chain can see: a history that agrees with itself."""

from support.damages.words import of, told

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
