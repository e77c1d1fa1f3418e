"""A payment's records told in words: what it is, what was done with it, and when."""

from collections.abc import Sequence

from headrace.runtime import ids
from headrace.runtime.clock import from_us, iso
from headrace.runtime.journal.account_numbers import is_system_account
from headrace.runtime.journal.kinds import KINDS, Family, RecordKind, Step, Who
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.journal.telling import event_of
from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger.origins import Origins
from headrace.runtime.ledger.views import (
    Movement,
    Names,
    Operation,
    PaymentView,
    TimelineEntry,
    details_of,
    reason_name,
    risk_of,
)
from headrace.runtime.money import currency_code
from headrace.runtime.payments.payment import Payment
from headrace.runtime.risk.flags import RiskFlag

ON_ITS_WAY = "sent"
"""The step of a timeline that is no event: it ends with one."""


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
    if not state.facts.tells_reason:
        return None
    ends = [r.reason for r in records if r.kind in KINDS["explains"]]
    return reason_name(ends[-1]) if ends else None


def movements(records: Sequence[Record]) -> list[Movement]:
    """The captures and refunds that clients asked for, in order."""
    status: dict[int, tuple[str, int]] = {}
    asked: list[Record] = []
    for r in records:
        match RecordKind(r.kind).facts.step:
            case Step.OPENS if r.leg > 0:
                asked.append(r)
                pending = is_system_account(r.credit)
                status[r.leg] = ("pending" if pending else "settled", 0)
            case Step.ARRIVES:
                status[r.leg] = ("settled", 0)
            case Step.FAILS:
                status[r.leg] = ("declined", r.reason)
    return [
        Movement(
            id=f"{ids.text(r.payment)}:{r.leg}",
            kind=RecordKind(r.kind).facts.asked or "",
            amount=r.amount,
            status=status[r.leg][0],
            decline_reason=reason_name(status[r.leg][1]),
            created_at=iso(from_us(r.at)),
            idempotency_key=r.key,
        )
        for r in asked
    ]


def timeline(records: Sequence[Record], tokens: Tokens) -> list[TimelineEntry]:
    """A payment's events in words, and what is still on its way to the creditor."""
    came_from = Origins(records)
    ended = {came_from.asked(r).seq for r in records if r.kind in KINDS["ends_leg"]}
    return [
        TimelineEntry(
            id=tokens.id_of(r.tenant, r.partition, r.seq),
            kind=told.name if told else ON_ITS_WAY,
            at=iso(from_us(r.at)),
            status=PaymentState(r.state).name.lower(),
            amount=r.amount,
            movement=r.leg if r.leg > 0 else None,
            decline_reason=reason_name(r.reason),
            idempotency_key=came_from.asked(r).key,
            trace_id=r.trace.hex(),
        )
        for r in records
        if (told := event_of(r)) or r.seq not in ended
    ]


def operation(r: Record, names: Names) -> Operation:
    """What the record's key was used for."""
    told = details_of(r.details)
    facts = RecordKind(r.kind).facts
    funding = facts.family is Family.ACCOUNT
    debited = Who.ACCOUNT in facts.debit.who
    return Operation(
        kind=facts.asked or "payment",
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
