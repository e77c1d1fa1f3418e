"""What can't be loaded, decided or written is found and answered alone."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from actor_in_memory import ANNA, EUR, SHOP, TENANT, WRONG, House, pay

from headrace.actors import turns
from headrace.actors.intake import WORTH_A_BATCH
from headrace.actors.writer import Outcome
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.ledger.bring_in import Needs
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import (
    Command,
    Fund,
    PostLegs,
    SettleLegs,
)


def poisoned(*keys: str):
    """Whether one of the keys is in a batch."""
    return lambda batch: any(r.key in keys for r in batch.records)


async def test_what_the_ledger_can_not_take_is_found_and_answered_alone(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.unwritable = poisoned("k41")
    answers = await house.ask(*(pay(f"k{n}", 1) for n in range(64)))
    assert answers[41] == WRONG
    assert sum(isinstance(a, Done) for a in answers) == 63
    assert house.ledger.tried[:2] == [64, 8], "an eighth as large"
    assert 1 in house.ledger.tried
    assert len(house.ledger.tried) < 40
    assert house.stat("commands_failed") == 1
    assert house.stat("doubts") == 0
    assert house.posted(SHOP) == 10_063


async def test_whose_needs_can_not_be_told_is_answered_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.started(ANNA, SHOP)

    def needs(book: Book, commands: Sequence[Command]) -> Needs:
        if any(getattr(command, "key", None) == "k5" for command in commands):
            raise ValueError("no such need")
        return Needs(book, commands)

    monkeypatch.setattr(turns, "Needs", needs)
    answers = await house.ask(*(pay(f"k{n}", 1) for n in range(16)))
    assert [n for n, answer in enumerate(answers) if answer == WRONG] == [5]
    assert house.stat("commands_failed") == 1


@pytest.mark.parametrize("wrong", [0, 1])
async def test_of_two_the_other_is_paid(house: House, wrong: int) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.unwritable = poisoned(f"k{wrong}")
    answers = await house.ask(pay("k0"), pay("k1"))
    assert [answer == WRONG for answer in answers] == [wrong == 0, wrong == 1]
    assert isinstance(answers[1 - wrong], Done)
    assert house.stat("commands_failed") == 1


async def test_batches_grow_again_after_one_that_could_not_be_written(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.unwritable = poisoned("k0")
    await house.ask(*(pay(f"k{n}", 1) for n in range(3)))
    house.ledger.tried.clear()
    await house.ask(*(pay(f"l{n}", 1) for n in range(200)))
    assert house.ledger.tried == [4, 8, 16, 32, 64, 76], "each may be twice as large"
    house.ledger.tried.clear()
    await house.ask(*(pay(f"m{n}", 1) for n in range(200)))
    assert house.ledger.tried == [200]


async def test_while_it_looks_for_what_is_wrong_nothing_is_decided_on_top(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.unwritable = poisoned("k7")
    many = house.asking(*(pay(f"k{n}", 1) for n in range(190)))
    await house.until(lambda: len(house.ledger.tried) == 1)
    house.ledger.open.clear()
    scored = len(house.scorer.asked)
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(house.scorer.asked) <= scored + 1
    house.ledger.open.set()
    answers = await many
    assert [n for n, answer in enumerate(answers) if answer == WRONG] == [7]


async def test_a_call_of_legs_and_a_payment_are_tried_apart(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.leg_for(SHOP)

    def with_a_leg(batch: Batch) -> bool:
        return any(RecordKind.CREDITED in rows["kind"] for rows in batch.rows)

    house.ledger.unwritable = with_a_leg
    house.ledger.open.clear()
    first = house.asking(pay("first"))
    await house.until(lambda: house.ledger.committing == 1)
    legs = asyncio.create_task(house.ask_legs(PostLegs([1], [3])))
    paying = house.asking(pay("k"))
    await house.until(lambda: house.stat("queue") == 2)
    house.ledger.open.set()
    assert await legs == WRONG
    assert isinstance((await paying)[0], Done)
    assert isinstance((await first)[0], Done)


@pytest.mark.parametrize("error", [ValueError("no opinion"), asyncpg.DataError("too long")])
async def test_a_command_that_nobody_can_load_is_answered_alone(
    house: House, error: Exception
) -> None:
    """Also where PostgreSQL can't take what it is asked with: that is no database that is away."""
    await house.started(ANNA, SHOP)
    house.scorer.error = error
    assert await house.ask(pay("a")) == [WRONG]
    assert house.stat("commands_failed") == 1
    house.scorer.error = None
    assert isinstance((await house.ask(pay("b")))[0], Done)
    assert house.stat("doubts") == 0


async def test_a_command_that_can_not_be_told_what_it_needs_is_answered_alone(
    house: House,
) -> None:
    await house.started(ANNA, SHOP)
    lost = SettleLegs([99], [1], [0])
    assert await house.actor._intake.put_legs(lost) == [WRONG]
    assert isinstance((await house.ask(pay("b")))[0], Done)


async def test_commands_that_raise_are_counted_and_the_others_are_paid(house: House) -> None:
    """A reference that is no UTF-8 gets past the gateway only by a defect of ours."""
    await house.started(ANNA, SHOP)
    wrong = Fund(TENANT, SHOP, 1, EUR, "wrong", 1, reference="\udc80")
    answers = await house.actor._intake.put([pay("a"), wrong, pay("b"), wrong])
    assert [answer == WRONG for answer in answers] == [False, True, False, True]
    assert house.stat("commands_failed") == 2
    assert house.posted(SHOP) == 10_200


@pytest.mark.parametrize("outcome", [Outcome.UNWRITABLE, Outcome.ALREADY_THERE, Outcome.IN_DOUBT])
async def test_what_was_decided_on_top_of_what_failed_is_not_written_as_it_was_decided(
    house: House, outcome: Outcome
) -> None:
    """It would write sequences and balances that go on from what was never written."""
    await house.started(ANNA, SHOP)
    (before,) = await house.ask(pay("before"))
    house.ledger.open.clear()
    house.ledger.outcomes.append(outcome)
    first = house.asking(pay("first"))
    await house.until(lambda: house.ledger.committing == 1)
    second = house.asking(*(pay(f"k{n}", 1) for n in range(WORTH_A_BATCH)))
    await house.until(lambda: len(house.scorer.asked) == 3)
    house.ledger.open.set()
    (told,), answers = await first, await second
    paid = [answer for answer in (told, *answers) if isinstance(answer, Done)]
    assert house.posted(SHOP) == 10_100 + sum(
        record.amount for record in house.ledger.engine.journal
        if record.payment in {answer.payment for answer in paid}
    )  # fmt: skip
    assert [answer.seq for answer in paid] == list(
        range(before.seq + 1, before.seq + 1 + len(paid))
    )
    keys = [record.key for record in house.ledger.engine.journal if record.key]
    assert len(keys) == len(set(keys)), "nothing is paid twice"
    if outcome is Outcome.IN_DOUBT:
        assert paid == []
    else:
        assert all(isinstance(answer, Done) for answer in answers)
        assert isinstance(told, Done) == (outcome is Outcome.ALREADY_THERE)
