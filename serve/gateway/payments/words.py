"""What the ledger's payments mean to readers of the API document: names, words, values."""

from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.journal.telling import EVENTS
from headrace.runtime.ledger.payment_view import ON_ITS_WAY
from headrace.runtime.risk.flags import RiskFlag
from headrace.serve.http.reference.vocabulary import (
    MOMENT,
    TEXTS,
    UUID,
    Json,
    among,
    minor,
    named,
    one_of,
    today,
)

NAMES = {"PaymentView": "Payment", "MovementAnswer": "CaptureOrRefund"}
"""Schemas that the document calls otherwise than the code."""

STATES = one_of(*(state.name.lower() for state in PaymentState)) | {
    "description": "Where a payment stands. `authorized` is held, or debited and on its way;"
    " `captured` is on its way too."
}
REASONS = today(
    "What a payment's `decline_reason` may be",
    *(reason.name.lower() for reason in DeclineReason if reason),
)
KINDS = today(
    "What may happen to a payment",
    *(told.name for type, told in EVENTS.items() if type.startswith("payment.")),
    ON_ITS_WAY,
)
FLAGS = today("What risk may notice", *(flag.name.lower() for flag in RiskFlag if flag.name))
LISTS = {
    "PaymentStatus": STATES,
    "DeclineReason": REASONS,
    "TimelineKind": KINDS,
    "RiskReason": FLAGS,
}
"""Lists of values with a name of their own."""
STATUS = named("PaymentStatus")
REASON = among("Why it was declined, expired or returned.", REASONS)

WORDS: dict[str, dict[str, Json]] = {
    "Payment": {
        "id": UUID,
        "status": STATUS,
        "amount": minor("What was asked for"),
        "capture": one_of("automatic", "manual"),
        "metadata": TEXTS,
        "decline_reason": REASON,
        "risk_degraded": {
            "description": "Risk did not answer in time, and the stated policy decided."
        },
        "held_amount": minor("Still held"),
        "captured_amount": minor("Captured, arrived or on its way"),
        "refunded_amount": minor("Given back"),
        "refundable_amount": minor("What a refund could take now"),
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "occurred_at": MOMENT | {"description": "When it was taken; `created_at` unless told."},
        "expires_at": MOMENT | {"description": "When its hold or review ends."},
        "trace_id": {"description": "W3C trace id of the request that made it."},
        "movements": {"description": "Captures and refunds, in order."},
    },
    "Movement": {
        "id": {"description": "<payment>:<number>"},
        "kind": one_of("capture", "refund"),
        "amount": minor("How much"),
        "status": one_of("settled", "pending", "declined"),
        "decline_reason": REASON,
        "created_at": MOMENT,
    },
    "CaptureOrRefund": {"amount": minor("What it came to")},
    "Risk": {
        "outcome": {
            "description": "`accept`, `review` or `reject`; null when the payment was declined for"
            " another reason."
        },
        "score": {"description": "0 to 1000; null: not scored."},
        "model": {"description": "Version of the model that scored."},
        "reasons": among("What it noticed.", FLAGS),
    },
    "TimelineEntry": {
        "id": {"description": "Opaque, and always the same: that of its event."},
        "kind": among(
            "The type of its event, without `payment.`. `sent` is no event: money on its way to the"
            " creditor, until its end is told in its place.",
            KINDS,
        ),
        "status": STATUS,
        "amount": minor("Of this step"),
        "movement": {"description": "Number of the capture or refund that it belongs to."},
        "decline_reason": REASON,
        "at": MOMENT,
    },
    "BatchPayment": {
        "id": UUID,
        "status": STATUS,
        "decline_reason": REASON,
    },
    "BatchAnswer": {"id": UUID},
    "PaymentQuery": {"status": STATUS | {"description": "Payments that stand so now."}},
}
