"""What can't be loaded, decided, laid out or written is answered alone and undone alone."""

import asyncio
from typing import Any

import pytest

from headrace.actors.intake import WORTH_A_BATCH
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.command import Act, ChangeAccount, OpenAccount, SettleLegs
from headrace.runtime.refusals import Refusal

BROKEN = Refused(Refusal.INTERNAL_ERROR)
BYSTANDERS, CALLS = 200, 5
POISON = {
    "can't be loaded": lambda cell, a, b: ChangeAccount(cell.tenant, "nobody\0", frozen=True),
    "can't be loaded as a creditor": lambda cell, a, b: cell.pay(a, "nobody\0", "poison"),
    "can't be decided": lambda cell, a, b: Act(cell.tenant, cell.held, 77, key="poison"),
    "can't be laid out": lambda cell, a, b: cell.pay(
        a, b, "poison", manual_capture=True, expires_in_s=2**62
    ),
    "can't be written": lambda cell, a, b: cell.pay(a, b, "poison", reference="a\0b"),
    "can't be written for its key": lambda cell, a, b: cell.pay(a, b, "poison\0"),
}  # fmt: skip


@pytest.mark.parametrize("kind", POISON)
async def test_a_poison_is_answered_alone_and_takes_nobody_along(cell: Any, kind: str) -> None:
    debtor, creditor, poisoned = cell.owned_by(0, 3)
    (foreign,) = cell.owned_by(1, 1)
    await cell.open(debtor, creditor, poisoned, foreign)
    (held,) = await cell.ask(cell.pay(poisoned, creditor, "hold", manual_capture=True))
    cell.held = held.payment
    poison = POISON[kind](cell, poisoned, creditor)
    calls = []
    for call in range(CALLS):
        others = [
            cell.pay(debtor, (creditor, foreign)[n % 2], f"{call}-{n}", 1)
            for n in range(BYSTANDERS)
        ]
        calls.append(cell.ask(*others[:100], poison, *others[100:]))
    answers = await asyncio.gather(*calls)
    assert [a[100] for a in answers] == [BROKEN] * CALLS
    told = [a for call in answers for n, a in enumerate(call) if n != 100]
    refused = [a for a in told if not isinstance(a, Done)]
    print(f"{kind}: {len(told)} bystanders tried, {len(refused)} refused")
    assert refused == []
    assert (cell.total("doubts"), cell.total("commands_failed")) == (0, CALLS)
    await cell.all_arrived()
    assert await cell.posted(debtor) == 100_000 - CALLS * BYSTANDERS
    assert await cell.posted(poisoned) == 100_000


async def test_what_is_undone_alone_leaves_the_rest_of_its_account(cell: Any) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor, money=1_000)
    answers = await cell.ask(
        cell.pay(debtor, creditor, "k1", 400),
        cell.pay(debtor, creditor, "bad", 500, manual_capture=True, expires_in_s=2**62),
        cell.pay(debtor, creditor, "k2", 600),
        cell.pay(debtor, creditor, "k3", 1),
    )
    assert answers[1] == BROKEN
    states = [answers[n].state for n in (0, 2, 3)]
    assert states == [PaymentState.SETTLED, PaymentState.SETTLED, PaymentState.DECLINED]


async def test_a_poison_that_is_sent_for_ever_holds_nobody_up_for_ever(cell: Any) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    for n in range(30):
        poison = cell.pay(debtor, creditor, f"poison-{n}", reference="\0")
        told, *others = await cell.ask(
            poison, *(cell.pay(debtor, creditor, f"{n}-{m}", 1) for m in range(20))
        )
        assert told == BROKEN
        assert all(isinstance(a, Done) for a in others)
    assert cell.total("doubts") == 0


class Forgetful:
    """Raises when it is first told of a payment."""

    broken = False

    def for_creditor(self, number: int) -> None:
        return None

    def observe(self, number: int, occurred_at_us: int, amount: int) -> None:
        if not self.broken:
            self.broken = True
            raise RuntimeError("once")


async def test_an_error_while_answering_does_not_end_the_actor(cell: Any) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    cell.creditors = Forgetful()
    actor = await cell.restart(0)
    (first,) = await cell.ask(cell.pay(debtor, creditor, "k"))
    assert isinstance(first, Done) or first == Refused(Refusal.UNAVAILABLE)
    async with asyncio.timeout(60):
        while not (cell.total("doubts") and await actor.heartbeat()):
            await asyncio.sleep(0.01)
    (again,) = await cell.ask(cell.pay(debtor, creditor, "k"))
    assert isinstance(again, Done)
    assert (cell.total("doubts"), cell.ended) == (1, [])
    assert await cell.posted(debtor) == 99_900


async def test_what_was_decided_on_top_of_an_error_while_answering_is_put_off_at_once(
    cell: Any,
) -> None:
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    cell.creditors = Forgetful()
    await cell.restart(0)
    async with cell.held_up(0):
        below = asyncio.create_task(cell.ask(cell.pay(debtor, creditor, "below", 1)))
        await cell.until_committing(0)
        decided = cell.total("decide_us")
        commands = [cell.pay(debtor, creditor, f"k{n}", 1) for n in range(WORTH_A_BATCH)]
        on_top = asyncio.create_task(cell.ask(*commands))
        async with asyncio.timeout(60):
            while cell.total("decide_us") == decided:
                await asyncio.sleep(0.001)
    answers = await asyncio.wait_for(on_top, 60)
    assert answers == [Refused(Refusal.UNAVAILABLE)] * WORTH_A_BATCH
    await below
    async with asyncio.timeout(60):
        while not await cell.actors[0].heartbeat():
            await asyncio.sleep(0.01)
    assert all(isinstance(a, Done) for a in await cell.ask(*commands))


async def test_what_needs_a_partition_that_is_not_ours_is_answered(cell: Any) -> None:
    """Also an end of legs, whose needs can't even be told."""
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    told, paid = await asyncio.wait_for(
        asyncio.gather(
            cell.actors[0]._intake.put_legs(SettleLegs([1], [1], [0])),
            cell.ask(*(cell.pay(debtor, creditor, f"k{n}", 1) for n in range(20))),
        ),
        10,
    )
    assert told == [BROKEN]
    assert all(isinstance(a, Done) for a in paid)
    assert cell.total("doubts") == 0


async def test_the_last_leg_number_is_not_passed(cell: Any) -> None:
    """A leg's number has two bytes; SQL stands in for 32,000 captures."""
    debtor, creditor = cell.owned_by(0, 2)
    await cell.open(debtor, creditor)
    (held,) = await cell.ask(cell.pay(debtor, creditor, "hold", 1_000, manual_capture=True))

    def capture(n: int) -> Act:
        return Act(cell.tenant, held.payment, 1, 1, False, f"c{n}", 1)

    assert isinstance((await cell.ask(capture(1)))[0], Done)
    payment = cell.actors[0]._book.payments[held.payment]
    payment.next_leg = 32_000
    last, over = await cell.ask(capture(2), capture(3))
    assert isinstance(last, Done)
    assert over.refusal == Refusal.TOO_MANY_MOVEMENTS
    assert isinstance((await cell.ask(OpenAccount(cell.tenant, "other", 978)))[0], Done)
    assert cell.total("doubts") == 0
    await cell.ledger.execute("UPDATE journal SET leg = 2 WHERE leg = 32000")  # what was skipped
