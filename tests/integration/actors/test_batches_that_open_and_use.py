"""What a batch creates is known to what the batch needs: risk, system accounts, limits."""

import asyncio
from typing import Any

from msgspec.structs import replace

from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.command import ChangeAccount, Fund, OpenAccount
from headrace.runtime.payments.decide_payment import NOT_SCORED, Risk
from headrace.runtime.refusals import Refusal
from headrace.runtime.risk.features import Matrix

CHF, JPY = 756, 392


class Says:
    """Risk that says the same of all, and how many it was asked about."""

    def __init__(self, outcome: int) -> None:
        self.verdict = replace(NOT_SCORED, outcome=outcome, score=900)
        self.asked = 0

    async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]:
        self.asked += len(amounts)
        return [self.verdict] * len(amounts)


async def test_a_payment_to_an_account_opened_with_it_is_scored(cell: Any) -> None:
    debtor, *creditors = cell.owned_by(0, 41)
    await cell.open(debtor)
    cell.scorer = risk = Says(2)
    await cell.restart(0)
    commands = []
    for n, creditor in enumerate(creditors):
        commands.append(OpenAccount(cell.tenant, creditor, 978))
        commands.append(cell.pay(debtor, creditor, f"k{n}"))
    answers = await cell.ask(*commands)
    assert [a.reason for a in answers[1::2]] == [DeclineReason.RISK_REJECTED] * 40
    assert risk.asked == 40
    assert await cell.posted(debtor) == 100_000


async def test_an_account_opened_and_used_at_once_pays_on_credit_only_if_scored(cell: Any) -> None:
    new, known = cell.owned_by(0, 2)
    await cell.open(known)
    cell.scorer = Says(1)
    await cell.restart(0)
    opened, paid = await cell.ask(
        OpenAccount(cell.tenant, new, 978, credit_line=500), cell.pay(new, known, "k", 400)
    )
    assert isinstance(opened, Done)
    assert paid.state == PaymentState.IN_REVIEW


async def test_no_verdict_is_no_payment(cell: Any) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)

    class Silent:
        async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]:
            raise RuntimeError("risk must not raise")

    cell.scorer = Silent()
    await cell.restart(0)
    answers = await cell.ask(*(cell.pay(debtor, creditor, f"k{n}") for n in range(20)))
    assert answers == [Refused(Refusal.INTERNAL_ERROR)] * 20
    assert await cell.posted(debtor) == 100_000


async def test_opened_and_deposited_at_once_in_a_currency_that_is_new(cell: Any) -> None:
    debtor, creditor, *new = cell.owned_by(0, 62)
    await cell.open(debtor, creditor)
    currencies = [CHF, JPY, 826, 840, 752]
    calls = []
    for n, account in enumerate(new):
        currency = currencies[n % 5]
        calls.append(
            cell.ask(
                OpenAccount(cell.tenant, account, currency),
                Fund(cell.tenant, account, 5_000, currency, f"d-{account}", 1),
            )
        )
        calls.append(cell.ask(*(cell.pay(debtor, creditor, f"b{n}-{m}", 1) for m in range(7))))
    answers = [a for call in await asyncio.gather(*calls) for a in call]
    assert [a for a in answers if not isinstance(a, Done)] == []
    assert len(answers) == 60 * 9
    assert [await cell.posted(a) for a in new] == [5_000] * 60


async def test_a_limit_set_while_payments_wait_counts_them(cell: Any) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    await cell.restart(0)  # nothing of the day is in memory
    async with cell.held_up(0):
        first = asyncio.create_task(cell.ask(cell.pay(creditor, debtor, "first", 1)))
        await cell.until_committing(0)
        waiting = asyncio.create_task(
            cell.ask(
                *(cell.pay(debtor, creditor, f"a{n}") for n in range(50)),
                ChangeAccount(cell.tenant, debtor, daily_amount_max=5_000),
                *(cell.pay(debtor, creditor, f"b{n}") for n in range(60)),
            )
        )
    await first
    answers = await waiting
    settled = [a for a in answers if isinstance(a, Done) and a.state == PaymentState.SETTLED]
    declined = [a for a in answers if a.reason == DeclineReason.DAILY_AMOUNT_LIMIT]
    assert (len(settled), len(declined)) == (50, 60)


async def test_limits_set_and_lifted_in_one_batch_hold_for_what_stands_between(cell: Any) -> None:
    new, creditor = cell.owned_by(0, 2)
    await cell.open(creditor)
    answers = await cell.ask(
        OpenAccount(cell.tenant, new, 978),
        Fund(cell.tenant, new, 1_000, 978, "money", 1),
        cell.pay(new, creditor, "k1"),
        ChangeAccount(cell.tenant, new, daily_count_max=2),
        cell.pay(new, creditor, "k2"),
        cell.pay(new, creditor, "k3"),
        ChangeAccount(cell.tenant, new, daily_count_max=0),
        cell.pay(new, creditor, "k4"),
    )
    paid = [answers[n] for n in (2, 4, 5, 7)]
    assert [a.state == PaymentState.SETTLED for a in paid] == [True, True, False, True]
    assert paid[2].reason == DeclineReason.DAILY_COUNT_LIMIT


async def test_opened_again_is_compared_with_what_was_asked_first(cell: Any) -> None:
    (account,) = cell.owned_by(0, 1)
    asked = OpenAccount(cell.tenant, account, 978, credit_line=10, daily_count_max=3)
    await cell.ask(asked)
    await cell.ask(ChangeAccount(cell.tenant, account, credit_line=99, frozen=True))
    for _ in range(2):
        (again,) = await cell.ask(asked)
        assert isinstance(again, Done)
        assert again.replayed
        (other,) = await cell.ask(replace(asked, credit_line=99))
        assert other.refusal == Refusal.ACCOUNT_EXISTS
        await cell.restart(0)
    await cell.ask(ChangeAccount(cell.tenant, account, close=True))
    assert (await cell.ask(asked))[0].refusal == Refusal.ACCOUNT_EXISTS
