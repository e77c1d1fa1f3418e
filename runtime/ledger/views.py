"""What readers of the ledger are told: text ids, currency codes, states as words, times as texts.

The structs encode to JSON as they are. payment_view.py and statement.py make them from records.
"""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from msgspec import Struct, json

from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.risk.flags import reasons

Item = TypeVar("Item")
Names = Mapping[int, str]
"""Account number -> the tenant's id of it."""


class Page(Struct, Generic[Item], frozen=True):
    """Part of a list; `next_cursor` asks for what follows, None: nothing does."""

    items: list[Item]
    next_cursor: str | None


class Details(Struct, frozen=True):
    """What a client sent along with a request, as the journal keeps it."""

    description: str | None = None
    metadata: dict[str, Any] | None = None


class Risk(Struct, frozen=True, kw_only=True):
    """What risk said; all None when nobody asked it."""

    outcome: str | None
    score: int | None
    model: int | None
    reasons: list[str]


class Movement(Struct, frozen=True, kw_only=True):
    """A capture or refund. `id` is <payment>:<number>."""

    id: str
    kind: str
    amount: int
    status: str
    """"settled", "pending" or "declined"."""
    decline_reason: str | None
    created_at: str
    idempotency_key: str | None


class PaymentView(Struct, frozen=True, kw_only=True):
    """A payment, now or as it stood at a record."""

    id: str
    status: str
    debtor: str
    creditor: str
    amount: int
    currency: str
    capture: str
    idempotency_key: str | None
    reference: str | None
    description: str | None
    metadata: dict[str, Any] | None
    decline_reason: str | None
    risk: Risk
    risk_degraded: bool
    held_amount: int
    captured_amount: int
    refunded_amount: int
    refundable_amount: int
    created_at: str
    updated_at: str
    occurred_at: str
    expires_at: str | None
    trace_id: str
    movements: list[Movement]


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """One record of a payment. `id` is that of its event."""

    id: str
    kind: str
    at: str
    status: str
    amount: int
    movement: int | None
    decline_reason: str | None
    idempotency_key: str | None
    trace_id: str


class Operation(Struct, frozen=True, kw_only=True):
    """What an idempotency key was used for: a payment, capture, refund, deposit or withdrawal."""

    kind: str
    partition: int
    seq: int
    fingerprint: int
    amount: int
    currency: str
    created_at: str
    payment: bytes
    """16 bytes; empty for deposits and withdrawals."""
    leg: int
    account: str | None
    """Of a deposit or withdrawal, with its balance after it."""
    posted: int | None
    held: int | None
    reference: str | None
    description: str | None
    metadata: dict[str, Any] | None


class Limits(Struct, frozen=True):
    """Amount a payment, amount a UTC day, payments a UTC day; 0: no limit."""

    payment_max: int = 0
    daily_amount_max: int = 0
    daily_count_max: int = 0


class AccountView(Struct, frozen=True, kw_only=True):
    """An account, now or as of a moment."""

    id: str
    currency: str
    state: str
    posted: int
    held: int
    available: int
    """posted - held + credit_line."""
    credit_line: int
    limits: Limits
    opened_at: str
    as_of: str
    """Asked for as of then, it is the same."""


class Entry(Struct, frozen=True, kw_only=True):
    """A line of an account's statement, with the balances after it."""

    id: str
    at: str
    kind: str
    payment: str | None
    counterparty: str | None
    """The payment's other account, or the external account's name."""
    amount: int
    """Change of the posted balance: below zero it left the account."""
    held_amount: int
    """Change of the held balance."""
    currency: str
    posted: int
    held: int
    reference: str | None
    description: str | None


class Statement(Struct, frozen=True):
    """Part of an account's entries; `next_cursor` as in Page."""

    items: list[Entry]
    next_cursor: str | None
    as_of: str
    """All before this moment that was asked for is in it, and no more ever will be."""


def details_of(details: bytes | None) -> Details:
    """Of a payment, capture, refund or deposit."""
    return json.decode(details, type=Details) if details else Details()


def risk_outcome(state: int, reason: int) -> str | None:
    """What risk said of a payment whose first record has this state and reason.

    None where the payment was declined for another reason, so that it cannot be told.
    """
    if state == PaymentState.IN_REVIEW:
        return "review"
    if reason in (DeclineReason.RISK_REJECTED, DeclineReason.RISK_UNAVAILABLE):
        return "reject"
    return None if state == PaymentState.DECLINED else "accept"


def risk_of(first: Record) -> Risk:
    """Of a payment, from its first record."""
    scored = first.risk_score >= 0
    return Risk(
        outcome=risk_outcome(first.state, first.reason),
        score=first.risk_score if scored else None,
        model=first.risk_model if scored else None,
        reasons=reasons(first.risk_flags),
    )


def reason_name(reason: int) -> str | None:
    """A DeclineReason in words."""
    return DeclineReason(reason).name.lower() if reason else None
