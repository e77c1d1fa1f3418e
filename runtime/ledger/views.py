"""What readers of the ledger are told: text ids, currency codes, states as words, times as texts.

A payment is the sum of its records (payments/payment.py); the functions here put that in words. The
structs encode to JSON as they are.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from msgspec import Struct, json

from headrace.runtime import ids
from headrace.runtime.clock import from_us, iso
from headrace.runtime.ledger.record import Record
from headrace.runtime.money import currency_code
from headrace.runtime.partitioning import (
    ACCOUNT_BITS,
    is_system_account,
    partition_of_account,
)
from headrace.runtime.payments.payment import Payment
from headrace.runtime.payments.refusals import DeclineReason
from headrace.runtime.payments.states import PaymentState, RecordKind
from headrace.runtime.risk.flags import RiskFlag, reasons

S, K = PaymentState, RecordKind
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
    as_of: str | None = None


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


def details_of(details: bytes | None) -> Details:
    """Of a payment, capture, refund or deposit."""
    return json.decode(details, type=Details) if details else Details()


def account_name(number: int, currency: str, names: Names) -> str:
    """The tenant's id; of a partition's own account the name that SQL gives it too."""
    if not is_system_account(number):
        return names[number]
    kind = ("external", "transit_out", "transit_in")[(number & 3) - 1]
    return f"{kind}:{currency}:{number >> ACCOUNT_BITS}"


def risk_outcome(state: int, reason: int) -> str | None:
    """What risk said of a payment whose first record has this state and reason.

    None where the payment was declined for another reason, so that it cannot be told.
    """
    if state == S.IN_REVIEW:
        return "review"
    if reason in (DeclineReason.RISK_REJECTED, DeclineReason.RISK_UNAVAILABLE):
        return "reject"
    return None if state == S.DECLINED else "accept"


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


def payment_view(records: Sequence[Record], names: Names) -> PaymentView:
    """All records of a payment's home up to some point, in order."""
    first, last = records[0], records[-1]
    payment = Payment(first)
    for record in records[1:]:
        payment.apply(record)
    state = PaymentState(last.state)
    told = details_of(first.details)
    return PaymentView(
        id=ids.text(first.payment),
        status=state.name.lower(),
        debtor=names[first.debit],
        creditor=names[first.creditor],
        amount=first.amount,
        currency=currency_code(first.currency),
        capture="manual" if payment.manual else "automatic",
        idempotency_key=first.key,
        reference=first.reference,
        description=told.description,
        metadata=told.metadata,
        decline_reason=_decline_reason(records, state),
        risk=risk_of(first),
        risk_degraded=bool(first.risk_flags & RiskFlag.DEGRADED),
        held_amount=payment.held,
        captured_amount=payment.captured,
        refunded_amount=payment.refunded,
        refundable_amount=payment.refundable,
        created_at=iso(from_us(first.at)),
        updated_at=iso(from_us(last.at)),
        occurred_at=iso(from_us(first.occurred_at)),
        expires_at=iso(from_us(payment.expires_at)) if payment.expires_at else None,
        trace_id=first.trace.hex(),
        movements=movements(records),
    )


def _decline_reason(records: Sequence[Record], state: PaymentState) -> str | None:
    if state not in (S.DECLINED, S.EXPIRED, S.RETURNED):
        return None
    ends = [r.reason for r in records if r.kind in (K.DECLINED, K.RELEASED, K.RETURNED)]
    return reason_name(ends[-1]) if ends else None


def movements(records: Sequence[Record]) -> list[Movement]:
    """The captures and refunds that clients asked for, in order."""
    status: dict[int, tuple[str, int]] = {}
    asked: list[Record] = []
    for r in records:
        match r.kind:
            case K.CAPTURED | K.REFUND_REQUESTED if r.leg > 0:
                asked.append(r)
                arrived = r.kind == K.CAPTURED and not is_system_account(r.credit)
                status[r.leg] = ("settled" if arrived else "pending", 0)
            case K.COMPLETED | K.REFUNDED:
                status[r.leg] = ("settled", 0)
            case K.RETURNED | K.REFUND_DECLINED:
                status[r.leg] = ("declined", r.reason)
    return [
        Movement(
            id=f"{ids.text(r.payment)}:{r.leg}",
            kind="capture" if r.kind == K.CAPTURED else "refund",
            amount=r.amount,
            status=status[r.leg][0],
            decline_reason=reason_name(status[r.leg][1]),
            created_at=iso(from_us(r.at)),
            idempotency_key=r.key,
        )
        for r in asked
    ]


def timeline(records: Sequence[Record]) -> list[TimelineEntry]:
    """A payment's records in words."""
    return [
        TimelineEntry(
            id=f"{r.partition}:{r.seq}",
            kind=RecordKind(r.kind).name.lower(),
            at=iso(from_us(r.at)),
            status=PaymentState(r.state).name.lower(),
            amount=r.amount,
            movement=r.leg if r.leg > 0 else None,
            decline_reason=reason_name(r.reason),
            idempotency_key=r.key,
            trace_id=r.trace.hex(),
        )
        for r in records
    ]


_OPERATIONS = {
    K.CAPTURED: "capture",
    K.REFUND_REQUESTED: "refund",
    K.DEPOSITED: "deposit",
    K.WITHDRAWN: "withdrawal",
}


def operation(r: Record, names: Names) -> Operation:
    """What the record's key was used for."""
    told = details_of(r.details)
    funding = r.kind in (K.DEPOSITED, K.WITHDRAWN)
    debited = r.kind == K.WITHDRAWN
    return Operation(
        kind=_OPERATIONS.get(RecordKind(r.kind), "payment"),
        partition=r.partition,
        seq=r.seq,
        fingerprint=r.fingerprint,
        amount=r.amount,
        currency=currency_code(r.currency),
        created_at=iso(from_us(r.at)),
        payment=b"" if funding else r.payment,
        leg=max(r.leg, 0),
        account=names[r.debit if debited else r.credit] if funding else None,
        posted=(r.debit_posted if debited else r.credit_posted) if funding else None,
        held=(r.debit_held if debited else r.credit_held) if funding else None,
        reference=r.reference,
        description=told.description,
        metadata=told.metadata,
    )


def entry(r: Record, account: int, other: int, names: Names) -> Entry:
    """A record from the side of an account that it changes; `other` is its counterparty."""
    debited = r.debit == account
    posts = r.kind not in (K.HELD, K.HELD_FOR_REVIEW, K.RELEASED)
    held = 0
    if r.kind in (K.HELD, K.HELD_FOR_REVIEW):
        held = r.amount
    elif debited and r.kind in (K.RELEASED, K.CAPTURED):
        held = -r.amount
    currency = currency_code(r.currency)
    seq = r.seq if debited else r.credit_seq
    return Entry(
        id=f"{partition_of_account(account)}:{seq}",
        at=iso(from_us(r.at)),
        kind=RecordKind(r.kind).name.lower(),
        payment=ids.text(r.payment) if any(r.payment) else None,
        counterparty=account_name(other, currency, names) if other else None,
        amount=(-r.amount if debited else r.amount) if posts else 0,
        held_amount=held,
        currency=currency,
        posted=r.debit_posted if debited else r.credit_posted,
        held=r.debit_held if debited else r.credit_held,
        reference=r.reference,
        description=details_of(r.details).description,
    )


def counterparty(r: Record, account: int, payment_debtor: int) -> int:
    """Whom the money of an account's entry came from or goes to, wherever it is on its way.

    `payment_debtor` is needed of the counterpart's entries only, which do not name the debtor.
    """
    if r.kind in (K.CREDITED, K.REFUND_DEBITED):
        return payment_debtor
    if r.creditor and account != r.creditor:
        return r.creditor
    return r.debit if account == r.credit else r.credit
