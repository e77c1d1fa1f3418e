"""What the ledger's structs mean to readers of the API document: names, words, values."""

from typing import Any

from headrace.runtime.payments.refusals import DeclineReason
from headrace.runtime.payments.states import COUNTERPART_KINDS, PaymentState, RecordKind
from headrace.runtime.risk.flags import RiskFlag

Json = dict[str, Any]

NAMES = {
    "PaymentView": "Payment",
    "AccountView": "Account",
    "MovementAnswer": "CaptureOrRefund",
    "ProblemDetails": "Problem",
}
"""Schemas that the document calls otherwise than the code."""


def _one_of(*names: str, null: bool = False) -> Json:
    return {"enum": [*names, *([None] if null else [])]}


def _minor(says: str) -> Json:
    return {"description": f"{says}, in minor units."}


STATES = _one_of(*(state.name.lower() for state in PaymentState))
REASONS = _one_of(*(r.name.lower() for r in DeclineReason if r), null=True)
KINDS = _one_of(*(k.name.lower() for k in RecordKind if k >= 10 and k not in COUNTERPART_KINDS))
ENTRY_KINDS = _one_of(*(k.name.lower() for k in RecordKind if k > 3))
MOMENT = {"format": "date-time"}
UUID = {"format": "uuid"}

WORDS: dict[str, dict[str, Json]] = {
    "Payment": {
        "id": UUID,
        "status": STATES
        | {
            "description": "Where the payment stands. `authorized` is held, or debited and on its"
            " way; `captured` is on its way too."
        },
        "amount": _minor("What was asked for"),
        "capture": _one_of("automatic", "manual"),
        "decline_reason": REASONS | {"description": "Why it was declined, expired or returned."},
        "risk_degraded": {
            "description": "Risk did not answer in time, and the stated policy decided."
        },
        "held_amount": _minor("Still held"),
        "captured_amount": _minor("Captured, arrived or on its way"),
        "refunded_amount": _minor("Given back"),
        "refundable_amount": _minor("What a refund could take now"),
        "created_at": MOMENT,
        "updated_at": MOMENT,
        "occurred_at": MOMENT | {"description": "When it was taken; `created_at` unless told."},
        "expires_at": MOMENT | {"description": "When its hold or review ends."},
        "trace_id": {"description": "W3C trace id of the request that made it."},
        "movements": {"description": "Captures and refunds, in order."},
    },
    "Movement": {
        "id": {"description": "<payment>:<number>"},
        "kind": _one_of("capture", "refund"),
        "amount": _minor("How much"),
        "status": _one_of("settled", "pending", "declined"),
        "decline_reason": REASONS,
        "created_at": MOMENT,
    },
    "CaptureOrRefund": {"amount": _minor("What it came to")},
    "Risk": {
        "outcome": _one_of("accept", "review", "reject", null=True)
        | {"description": "Null when the payment was declined for another reason."},
        "score": {"description": "0 to 1000; null: not scored."},
        "model": {"description": "Version of the model that scored."},
        "reasons": {
            "items": {"type": "string"} | _one_of(*(f.name.lower() for f in RiskFlag if f.name))
        },
    },
    "TimelineEntry": {
        "id": {"description": "Of its event: <partition>:<sequence>."},
        "kind": KINDS,
        "status": STATES | {"description": "Of the payment after it."},
        "amount": _minor("Of this step"),
        "movement": {"description": "Number of the capture or refund that it belongs to."},
        "decline_reason": REASONS,
        "at": MOMENT,
    },
    "BatchPayment": {
        "id": UUID,
        "status": STATES,
        "decline_reason": _one_of(*REASONS["enum"][:-1]),
    },
    "BatchAnswer": {"id": UUID},
    "Account": {
        "state": _one_of("open", "frozen", "closed"),
        "posted": _minor("What is in it"),
        "held": _minor("What is promised"),
        "available": _minor("What can be spent: posted, less held, plus credit line"),
        "opened_at": MOMENT,
        "as_of": MOMENT | {"description": "The past moment that was asked for."},
    },
    "Limits": {
        "payment_max": _minor("Most for one payment; 0: no limit"),
        "daily_amount_max": _minor("Most for a UTC day; 0: no limit"),
        "daily_count_max": {"description": "Payments a UTC day; 0: no limit."},
    },
    "Entry": {
        "id": {"description": "<partition>:<sequence> of the account's own partition."},
        "kind": ENTRY_KINDS,
        "counterparty": {"description": "The payment's other account, or an external one's name."},
        "amount": _minor("Change of the posted balance; below zero it left the account"),
        "held_amount": _minor("Change of the held balance"),
        "posted": _minor("Posted balance after it"),
        "held": _minor("Held balance after it"),
        "at": MOMENT,
    },
    "Funding": {
        "id": {"description": "<partition>:<sequence>"},
        "amount": _minor("How much, in either direction above zero"),
        "posted": _minor("Posted balance after it"),
        "held": _minor("Held balance after it"),
        "created_at": MOMENT,
    },
    "ApiKey": {
        "id": UUID,
        "created_at": MOMENT,
        "expires_at": MOMENT | {"description": "Null: never."},
        "revoked_at": MOMENT,
        "api_key": {"description": "The key itself, only in the answer that makes it."},
    },
    "NewTenant": {"key_id": UUID, "created_at": MOMENT},
    "TenantSummary": {"created_at": MOMENT},
}


def told(components: Json) -> Json:
    """Components under the document's names, with their fields' words."""
    told_all: Json = {}
    for name, schema in components.items():
        schema["title"] = renamed(name)
        told_all[renamed(name)] = schema
    for name, fields in WORDS.items():
        properties = told_all[name]["properties"]
        for field, words in fields.items():
            properties[field] = _with(properties[field], words)
    return told_all


def renamed(name: str) -> str:
    """The document's name of a schema."""
    return NAMES.get(name, name)


def _with(schema: Json, words: Json) -> Json:
    """A field's schema with words and values; a null stays possible."""
    kinds = schema.get("anyOf", [])
    if {"type": "null"} in kinds and "format" in words:
        kinds = [
            kind | {"format": words["format"]} if kind != {"type": "null"} else kind
            for kind in kinds
        ]
        return schema | {"anyOf": kinds} | {k: v for k, v in words.items() if k != "format"}
    if "enum" in words and kinds:
        rest = {k: v for k, v in schema.items() if k != "anyOf"}
        return rest | {"type": ["string", "null"]} | words
    return schema | words
