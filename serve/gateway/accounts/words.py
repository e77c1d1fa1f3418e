"""What the ledger's accounts and their entries mean to readers of the API document."""

from headrace.runtime.journal.kinds import KINDS
from headrace.runtime.journal.states import AccountState
from headrace.serve.http.reference.vocabulary import (
    MOMENT,
    TEXTS,
    Json,
    among,
    minor,
    one_of,
    today,
)

NAMES = {"AccountView": "Account"}
"""Schemas that the document calls otherwise than the code."""

ENTRY_KINDS = today(
    "What an entry may be",
    *dict.fromkeys(
        told.name
        for kind in sorted(KINDS["changes_debit"] | KINDS["credits"])
        for told in (kind.facts.told, kind.facts.told_of_movement)
        if told
    ),
)
LISTS = {"EntryKind": ENTRY_KINDS}
"""Lists of values with a name of their own."""

WORDS: dict[str, dict[str, Json]] = {
    "Account": {
        "state": one_of(*(state.name.lower() for state in AccountState)),
        "posted": minor("What is in it"),
        "held": minor("What is promised"),
        "available": minor("What can be spent: posted, less held, plus credit line"),
        "opened_at": MOMENT,
        "as_of": MOMENT
        | {
            "description": "As of when this is told: asked for `at` this moment, it is the same."
            " Earlier than the `at` that was asked for where that could still change."
        },
    },
    "Limits": {
        "payment_max": minor("Most for one payment; 0: no limit"),
        "daily_amount_max": minor("Most for a UTC day; 0: no limit"),
        "daily_count_max": {"description": "Payments a UTC day; 0: no limit."},
    },
    "Entry": {
        "id": {"description": "Opaque, and always the same."},
        "kind": among(
            "The type of the event that tells it, without `payment.` or `account.`.", ENTRY_KINDS
        ),
        "counterparty": {"description": "The payment's other account, or an external one's name."},
        "reference": {"description": "Its payment's, also of captures and refunds."},
        "description": {"description": "Its payment's, also of captures and refunds."},
        "amount": minor("Change of the posted balance; below zero it left the account"),
        "held_amount": minor("Change of the held balance"),
        "posted": minor("Posted balance after it"),
        "held": minor("Held balance after it"),
        "at": MOMENT,
    },
    "Funding": {
        "id": {"description": "Opaque, and always the same: that of its event."},
        "amount": minor("How much, in either direction above zero"),
        "posted": minor("Posted balance after it"),
        "held": minor("Held balance after it"),
        "metadata": TEXTS,
        "created_at": MOMENT,
    },
}
