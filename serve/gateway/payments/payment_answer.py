"""Payments as batches answer them, straight from what a partition said."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from headrace.runtime.ids import text
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.payments.answer import Answer, Refused
from headrace.runtime.refusals import Refusal
from headrace.runtime.risk.flags import RiskFlag
from headrace.serve.http.problems import CODES, ProblemDetails, of_answer

STATES = {int(state): state.name.lower() for state in PaymentState}
REASONS = {int(reason): reason.name.lower() for reason in DeclineReason}
DEGRADED = int(RiskFlag.DEGRADED)


class BatchPayment(Struct, gc=False):
    """A payment in a batch's answer; `GET /v1/payments/{id}` has all of it."""

    id: str
    status: Annotated[str, Meta(examples=["settled"])]
    idempotency_key: str
    risk_score: Annotated[int | None, Meta(description="0 to 1000; null: not scored.")]
    risk_degraded: bool
    decline_reason: str | UnsetType = UNSET


class BatchResult(Struct, omit_defaults=True, gc=False):
    """What became of one item: a payment, or the problem for which it was refused."""

    status: Annotated[int, Meta(description="The HTTP status it would have had by itself.")]
    payment: BatchPayment | UnsetType = UNSET
    problem: ProblemDetails | UnsetType = UNSET
    replayed: Annotated[bool, Meta(description="The key was known: the first answer again.")] = (
        False
    )


def result(key: str, answer: Answer) -> BatchResult:
    """An item's result from its partition's answer."""
    if isinstance(answer, Refused):
        return refused(of_answer(answer))
    flags, score, reason = answer.risk_flags, answer.risk_score, answer.reason
    return BatchResult(
        201,
        BatchPayment(
            text(answer.payment),
            STATES[answer.state],
            key,
            score if score >= 0 else None,
            flags & DEGRADED != 0,
            REASONS[reason] if reason else UNSET,
        ),
        UNSET,
        answer.replayed,
    )


def refused(problem: ProblemDetails) -> BatchResult:
    """An item's result when it was turned down."""
    return BatchResult(problem.status, UNSET, problem)


def outcome(answer: Answer) -> str:
    """As it is counted: a state, or a refusal's code."""
    return CODES[Refusal(answer.refusal)] if isinstance(answer, Refused) else STATES[answer.state]
