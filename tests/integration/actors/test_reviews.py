"""What a review must not forget, and who may not decide it."""

from typing import Any

import pytest
from msgspec.structs import replace

from headrace.runtime.clock import to_us
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.command import Act, PaymentAction
from headrace.runtime.payments.decide_payment import NOT_SCORED, Risk
from headrace.runtime.refusals import Refusal
from headrace.runtime.risk.features import Matrix

SUBMITTER, OTHER = b"s" * 16, b"o" * 16


class Reviews:
    """Risk that sends all to review."""

    async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]:
        return [replace(NOT_SCORED, outcome=1, score=700)] * len(amounts)


async def in_review(cell: Any, **more: Any) -> Done:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    cell.scorer = Reviews()
    await cell.restart(0)
    (done,) = await cell.ask(cell.pay(debtor, creditor, "k", submitted_by=SUBMITTER, **more))
    assert done.state == PaymentState.IN_REVIEW
    assert isinstance(done, Done)
    return done


def act(cell: Any, payment: bytes, action: PaymentAction, by: bytes = OTHER) -> Act:
    return Act(cell.tenant, payment, action, key=f"{action}-{by!r}", fingerprint=1, by=by)


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_hold_asked_for_a_minute_lasts_a_minute_after_its_review(
    cell: Any, restarted: bool
) -> None:
    done = await in_review(cell, manual_capture=True, expires_in_s=60)
    if restarted:
        await cell.restart(0)
    (accepted,) = await cell.ask(act(cell, done.payment, PaymentAction.ACCEPT))
    assert accepted.state == PaymentState.AUTHORIZED
    assert accepted.expires_at == accepted.at + 60_000_000
    held_until = await cell.ledger.fetchval("SELECT expires_at FROM holds")
    assert to_us(held_until) == accepted.expires_at


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("action", [PaymentAction.ACCEPT, PaymentAction.REJECT])
async def test_nobody_decides_the_review_of_what_they_submitted(
    cell: Any, action: PaymentAction, restarted: bool
) -> None:
    done = await in_review(cell)
    if restarted:
        await cell.restart(0)
    own, others = await cell.ask(
        act(cell, done.payment, action, SUBMITTER), act(cell, done.payment, action)
    )
    assert own == Refused(Refusal.OWN_REVIEW)
    assert isinstance(others, Done)


async def test_who_submitted_may_cancel(cell: Any) -> None:
    done = await in_review(cell)
    (cancelled,) = await cell.ask(act(cell, done.payment, PaymentAction.CANCEL, SUBMITTER))
    assert cancelled.state == PaymentState.CANCELLED


@pytest.mark.parametrize(
    "action", [PaymentAction.ACCEPT, PaymentAction.REJECT, PaymentAction.CANCEL]
)
async def test_a_decision_sent_again_is_answered_again(cell: Any, action: PaymentAction) -> None:
    done = await in_review(cell)
    decision = act(cell, done.payment, action)
    (first,) = await cell.ask(decision)
    await cell.restart(0)
    (again,) = await cell.ask(decision)
    assert again == replace(first, replayed=True)
