"""One actor, step by step: what it does with what comes, with a ledger in memory."""

import asyncio
import time
from itertools import count

import pytest
from actor_in_memory import ANNA, BERT, EUR, FAR, SHOP, TENANT, UNAVAILABLE, WRONG, House, pay

from headrace.actors.intake import WORTH_A_BATCH
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.payments.answer import Done, LegsDone, Refused
from headrace.runtime.payments.command import (
    Act,
    Fund,
    OpenAccount,
    PaymentAction,
    PostLegs,
)
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.refusals import Refusal

# What is taken in


async def test_before_it_has_started_it_takes_nothing(house: House) -> None:
    assert not await house.actor.heartbeat()
    assert house.stat("ready") == 0
    assert await house.ask(pay("k"), pay("l")) == [UNAVAILABLE] * 2
    assert await house.ask_legs(PostLegs([1], [1])) == UNAVAILABLE
    assert house.stat("partition_lag_us") == house.stat("epoch") == 0
    await house.actor.start()
    assert await house.actor.heartbeat()
    assert (house.stat("ready"), house.stat("epoch")) == (1, 1)


async def test_who_has_stopped_takes_nothing_and_what_was_not_committed_gets_no_answer(
    house: House,
) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.open.clear()
    paying = house.asking(pay("k"))
    await house.until(lambda: house.ledger.committing == 1)
    await house.actor.stop()
    assert not await house.actor.heartbeat()
    assert await house.ask(pay("l")) == [UNAVAILABLE]
    for _ in range(50):
        await asyncio.sleep(0)
    assert not paying.done()
    paying.cancel()
    assert house.ended == []


async def test_a_call_of_nothing_is_answered_with_nothing(house: House) -> None:
    await house.started()
    assert await house.ask() == []


async def test_a_payment_is_answered_after_its_commit(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.open.clear()
    asking = house.asking(pay("k"))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not asking.done()
    house.ledger.open.set()
    (done,) = await asking
    assert isinstance(done, Done)
    assert (house.posted(ANNA), house.posted(SHOP)) == (9_900, 10_100)


async def test_what_has_no_room_is_refused_at_once_and_counted(house: House) -> None:
    await house.started(ANNA, SHOP, queue_payments_max=2)
    house.ledger.open.clear()
    first = house.asking(pay("under way"))
    await house.until(lambda: house.ledger.committing == 1)
    waiting = house.asking(pay("a"), pay("b"))
    await house.until(lambda: house.stat("queue") == 2)
    assert await house.ask(pay("c"), pay("d")) == [Refused(Refusal.OVERLOADED)] * 2
    assert house.stat("refused_overloaded") == 2
    house.ledger.open.set()
    assert all(isinstance(a, Done) for a in [*await first, *await waiting])


async def test_what_belongs_to_another_actor_is_put_off_and_the_others_are_paid(
    house: House,
) -> None:
    await house.started(ANNA, SHOP)
    stray = Fund(TENANT, FAR, 5, EUR, "astray", 1)
    answers = await house.ask(pay("a"), stray, pay("b"))
    assert [type(a) for a in answers] == [Done, Refused, Done]
    assert answers[1] == UNAVAILABLE
    assert house.stat("doubts") == 0


# Batches


async def test_payments_that_come_one_by_one_share_the_next_commit(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.open.clear()
    asking = [house.asking(pay("first"))]
    await house.until(lambda: house.ledger.committing == 1)
    asking += [house.asking(pay(f"k{n}")) for n in range(5)]
    await house.until(lambda: house.stat("queue") == 5)
    house.ledger.open.set()
    answers = [answer for calls in await asyncio.gather(*asking) for answer in calls]
    assert [type(answer) for answer in answers] == [Done] * 6
    assert house.ledger.tried == [1, 5]
    assert house.stat("payments") == 6
    assert house.posted(SHOP) == 10_600
    assert house.ended == []


async def test_a_large_batch_is_decided_while_the_one_before_is_committed(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.open.clear()
    first = house.asking(pay("first"))
    await house.until(lambda: house.ledger.committing == 1)
    second = house.asking(*(pay(f"k{n}", 1) for n in range(WORTH_A_BATCH)))
    await house.until(lambda: len(house.scorer.asked) == 2)
    assert not first.done()
    third = house.asking(*(pay(f"l{n}", 1) for n in range(WORTH_A_BATCH)))
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(house.scorer.asked) == 2, "at most one waits for the other"
    house.ledger.open.set()
    for asking in (first, second, third):
        assert all(isinstance(answer, Done) for answer in await asking)
    assert house.ledger.tried == [1, WORTH_A_BATCH, WORTH_A_BATCH]


async def test_what_was_done_is_counted_once(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.far(FAR)
    batches = house.stat("batches")
    records = house.stat("records")
    await house.ask(pay("a"), pay("b", creditor=FAR), pay("poor", 10**6))
    assert house.stat("batches") == batches + 1
    assert house.stat("payments") == 3
    await house.until(lambda: house.stat("records") == records + 4)
    assert house.stat("open_legs") == 0
    assert house.stat("records_settled") == house.stat("records_debited") == 1
    assert house.stat("records_declined") == house.stat("records_completed") == 1
    assert house.stat("batches") == batches + 2
    assert 0 <= house.stat("decide_us") < 60_000_000
    assert 0 <= house.stat("commit_us") < 60_000_000
    assert house.stat("risk_degraded") == house.stat("commands_failed") == 0
    shop = house.actor._book.by_id[TENANT, SHOP].number
    assert [(n, a) for n, a in house.creditors.observed if n == shop] == [(shop, 100)]
    assert len(house.creditors.observed) == 2, "what was declined is nobody's income"


async def test_time_spent_is_told_in_microseconds(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that is two milliseconds later whenever it is asked."""
    await house.started(ANNA, SHOP)
    await house.ask(pay("before"))
    before = house.stat("decide_us"), house.stat("commit_us")
    ticks = count(0, 2_000_000)
    monkeypatch.setattr(time, "perf_counter_ns", lambda: next(ticks))
    await house.ask(pay("k"))
    assert (house.stat("decide_us"), house.stat("commit_us")) == (
        before[0] + 2_000, before[1] + 2_000
    )  # fmt: skip


async def test_accounts_of_the_first_batch_stay_in_memory_until_it_is_committed(
    house: House,
) -> None:
    """However little room there is: the commit may be taken back, and needs them for that."""
    await house.started(accounts_in_memory_max=1)
    house.ledger.open.clear()
    opening = house.asking(*(OpenAccount(TENANT, id, EUR) for id in (ANNA, SHOP, BERT)))
    await house.until(lambda: house.ledger.committing == 1)
    under_way = house.actor._turns.under_way
    assert under_way is not None
    assert under_way.batch.number == 1
    for _ in range(50):
        await asyncio.sleep(0)
    assert {id for _, id in house.actor._book.by_id} == {ANNA, SHOP, BERT}
    house.ledger.open.set()
    assert all(isinstance(answer, Done) for answer in await opening)
    assert isinstance((await house.ask(Fund(TENANT, ANNA, 5, EUR, "k", 1)))[0], Done)
    assert house.stat("evicted") >= 3
    assert house.stat("accounts_in_memory") < 3


# Legs


async def test_legs_go_to_the_actor_of_their_creditor_and_end(house: House) -> None:
    await house.started(ANNA)
    house.far(FAR)
    house.may_post.clear()
    (answer,) = await house.ask(pay("k", creditor=FAR))
    assert answer.state == PaymentState.AUTHORIZED
    assert house.stat("open_legs") == 1
    opened_by = answer.partition, answer.seq
    waiting = asyncio.create_task(house.actor.await_leg(opened_by, 30))
    await house.until(lambda: bool(house.legs_posted))
    assert not waiting.done()
    house.may_post.set()
    await house.until(waiting.done)
    assert house.stat("open_legs") == 0
    assert len(house.actor._waiters) == 0
    await house.actor.await_leg(opened_by, 30)


async def test_who_waits_for_a_leg_is_let_go_after_a_time(house: House) -> None:
    await house.started(ANNA)
    house.far(FAR)
    house.may_post.clear()
    (answer,) = await house.ask(pay("k", creditor=FAR))
    begun = asyncio.get_running_loop().time()
    await house.actor.await_leg((answer.partition, answer.seq), 7)
    assert asyncio.get_running_loop().time() - begun == pytest.approx(7, abs=1)
    assert len(house.actor._waiters) == 0


async def test_a_leg_to_an_account_of_the_actor_itself_is_posted_by_its_own_queue(
    house: House,
) -> None:
    """As a refund of what was paid between two of its partitions is."""
    await house.started(ANNA, SHOP)
    (paid,) = await house.ask(pay("k"))
    refund = Act(TENANT, paid.payment, PaymentAction.REFUND, 30, key="r", fingerprint=1)
    (asked,) = await house.ask(refund)
    assert isinstance(asked, Done)
    number = house.actor._book.by_id[TENANT, SHOP].number
    house.ledger.shown[asked.partition, asked.seq] = OpenLeg(
        paid.payment, 1, asked.partition, asked.seq, True, False, TENANT, EUR, 30,
        house.actor._book.by_id[TENANT, ANNA].number, number, bytes(16),
    )  # fmt: skip
    await house.in_time(lambda: not house.stat("open_legs"))
    assert (house.posted(ANNA), house.posted(SHOP)) == (9_930, 10_070)
    assert house.legs_posted == [], "nobody else is asked"


def test_it_is_known_by_its_name_and_its_holder(house: House) -> None:
    assert (house.actor.name, house.actor.index, house.actor.holder) == ("actor-0", 0, "actor-0/1")


async def test_a_leg_of_another_actor_is_credited(house: House) -> None:
    await house.started(SHOP)
    house.leg_for(SHOP)
    assert await house.ask_legs(PostLegs([1], [3])) == LegsDone([0])
    assert house.posted(SHOP) == 10_040
    assert house.stat("records_credited") == 1


# Holds that are due, and parked legs


async def test_a_hold_that_is_due_expires_by_itself(house: House) -> None:
    await house.started(ANNA, SHOP)
    (held,) = await house.ask(pay("k", manual_capture=True))
    assert held.state == PaymentState.AUTHORIZED
    house.ledger.due = [held.payment]
    house.actor._book.payments[held.payment].expires_at = 1
    await house.in_time(lambda: bool(house.stat("records_released")))
    account = house.actor._book.by_id[TENANT, ANNA]
    assert (account.posted, account.held) == (10_000, 0)
    (record,) = [r for r in house.ledger.engine.journal if r.kind == RecordKind.RELEASED]
    assert (record.state, record.tenant) == (PaymentState.EXPIRED, TENANT)


async def test_a_leg_that_always_fails_is_parked_in_the_ledger_and_released_from_there(
    house: House,
) -> None:
    await house.started(ANNA)
    house.far(FAR)
    failing = True

    async def post_legs(actor: int, legs: PostLegs) -> LegsDone | Refused:
        return WRONG if failing else LegsDone([0] * len(legs.seqs))

    house.actor._post_elsewhere = post_legs
    (answer,) = await house.ask(pay("k", creditor=FAR))
    await house.in_time(lambda: bool(house.ledger.parked_legs))
    assert list(house.ledger.parked_legs) == [(answer.partition, answer.seq)]
    assert (house.stat("legs_parked"), house.stat("open_legs")) == (1, 1)
    failing = False
    house.ledger.parked_legs.clear()
    await house.in_time(lambda: not house.stat("open_legs"))
    assert house.stat("legs_parked") == 0
