"""A payment just made, told from what was asked and answered: the ledger need not be read."""

from functools import cache

from headrace.runtime.clock import iso, iso_us
from headrace.runtime.ids import text
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.ledger.views import PaymentView, Risk, reason_name, risk_outcome
from headrace.runtime.payments.answer import Done
from headrace.runtime.risk.flags import reasons
from headrace.serve.gateway.payments.payment_answer import DEGRADED, STATES
from headrace.serve.gateway.payments.payment_request import PaymentRequest

S = PaymentState
_reasons, _outcome = cache(reasons), cache(risk_outcome)


def fresh(request: PaymentRequest, key: str, done: Done, trace: bytes) -> PaymentView:
    """The same as the ledger's view of the payment at its first record (a test compares them)."""
    at = iso_us(done.at)
    state, amount = done.state, request.amount
    manual = request.capture == "manual"
    scored = done.risk_score >= 0
    moved = state == S.SETTLED or (state == S.AUTHORIZED and not manual)
    held = state == S.IN_REVIEW or (state == S.AUTHORIZED and manual)
    return PaymentView(
        id=text(done.payment),
        status=STATES[state],
        debtor=request.debtor,
        creditor=request.creditor,
        amount=amount,
        currency=request.currency,
        capture=request.capture,
        idempotency_key=key,
        reference=request.reference,
        description=request.description or None,
        metadata=request.metadata or None,
        decline_reason=reason_name(done.reason) if state == S.DECLINED else None,
        risk=Risk(
            outcome=_outcome(state, done.reason),
            score=done.risk_score if scored else None,
            model=done.risk_model if scored else None,
            reasons=_reasons(done.risk_flags),
        ),
        risk_degraded=done.risk_flags & DEGRADED != 0,
        held_amount=amount if held else 0,
        captured_amount=amount if moved else 0,
        refunded_amount=0,
        refundable_amount=amount if state == S.SETTLED else 0,
        created_at=at,
        updated_at=at,
        occurred_at=at if request.occurred_at is None else iso(request.occurred_at),
        expires_at=iso_us(done.expires_at) if done.expires_at else None,
        trace_id=trace.hex(),
        movements=[],
    )
