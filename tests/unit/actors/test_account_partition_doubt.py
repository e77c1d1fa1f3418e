"""What an actor does when a commit is rolled back, or nobody knows whether it was."""

import asyncio

import pytest
from actor_in_memory import ANNA, EUR, FAR, SHOP, TENANT, UNAVAILABLE, House, pay

from headrace.actors import turns
from headrace.actors.intake import WORTH_A_BATCH
from headrace.actors.writer import Deposed, Outcome
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.command import (
    Act,
)
from headrace.runtime.settings.partition import PartitionSettings

GAVE_WAY_MAX = PartitionSettings().gave_way_max

# Rolled back for certain


async def test_who_gave_way_is_tried_again_a_little_later(house: House) -> None:
    await house.started(ANNA, SHOP)
    loop = asyncio.get_running_loop()
    house.ledger.outcomes.extend([Outcome.DECIDE_AGAIN] * GAVE_WAY_MAX)
    begun = loop.time()
    (answer,) = await house.ask(pay("k"))
    assert isinstance(answer, Done)
    assert house.stat("commits_gave_way") == GAVE_WAY_MAX
    assert house.stat("doubts") == 0
    most = sum(0.005 * 1.5 * n for n in range(1, GAVE_WAY_MAX + 1))
    assert most / 3 <= loop.time() - begun <= most + 0.5
    assert house.posted(SHOP) == 10_100


@pytest.mark.parametrize(("drawn", "factor"), [(0.0, 0.5), (0.5, 1.0), (0.999, 1.499)])
async def test_pauses_of_who_gives_way_grow_with_each_commit_by_a_jitter_of_half(
    house: House, monkeypatch: pytest.MonkeyPatch, drawn: float, factor: float
) -> None:
    await house.started(ANNA, SHOP, gave_way_pause_s=1_000.0)
    monkeypatch.setattr(turns, "random", lambda: drawn)
    house.ledger.outcomes.extend([Outcome.DECIDE_AGAIN] * 3)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    paying = house.actor._intake.put([pay("k")])
    assert isinstance((await paying)[0], Done)
    assert loop.time() - begun == pytest.approx((1 + 2 + 3) * 1_000 * factor, rel=0.02)


@pytest.mark.parametrize("paid_before", [0, 1, 2])
async def test_who_gives_way_too_often_starts_anew(house: House, paid_before: int) -> None:
    """Ten times in a row are borne, counted anew after each commit and after each start."""
    await house.started(ANNA, SHOP)
    for n in range(paid_before):
        house.ledger.outcomes.extend([Outcome.DECIDE_AGAIN] * 5)
        await house.ask(pay(f"before-{n}"))
    for doubts in (1, 2):
        house.ledger.outcomes.extend([Outcome.DECIDE_AGAIN] * 11)
        assert await house.ask(pay(f"k{doubts}")) == [UNAVAILABLE]
        assert house.stat("doubts") == doubts
        assert not house.ledger.outcomes
    house.ledger.outcomes.extend([Outcome.DECIDE_AGAIN] * 10)
    assert isinstance((await house.ask(pay("k")))[0], Done)
    assert house.stat("doubts") == 2


async def test_a_key_that_the_ledger_has_gets_its_first_answer(house: House) -> None:
    """Memory has forgotten it, and the commit says that it is there."""
    await house.started(ANNA, SHOP)
    (first,) = await house.ask(pay("k"))
    house.actor._book.keys.clear()
    house.ledger.outcomes.append(Outcome.ALREADY_THERE)
    again, other = await house.ask(pay("k"), pay("l"))
    assert again.replayed
    assert (again.payment, again.seq) == (first.payment, first.seq)
    assert isinstance(other, Done)
    assert house.stat("conflicts") == 1
    assert house.stat("doubts") == 0
    assert house.posted(SHOP) == 10_200


async def test_what_was_decided_on_top_of_a_batch_taken_back_is_decided_again(
    house: House,
) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.open.clear()
    first = house.asking(pay("first"))
    await house.until(lambda: house.ledger.committing == 1)
    second = house.asking(*(pay(f"k{n}", 1) for n in range(WORTH_A_BATCH)))
    await house.until(lambda: len(house.scorer.asked) == 2)
    house.ledger.outcomes.append(Outcome.DECIDE_AGAIN)
    house.ledger.open.set()
    assert all(isinstance(a, Done) for a in [*await first, *await second])
    assert house.posted(SHOP) == 10_100 + WORTH_A_BATCH


async def test_repeats_in_a_batch_are_answered_and_the_rest_is_decided(house: House) -> None:
    """Rolled back for one key: when it is decided again, that one is known before."""
    await house.started(ANNA, SHOP)
    (first,) = await house.ask(pay("k"))
    house.actor._book.keys.clear()
    house.ledger.outcomes.append(Outcome.ALREADY_THERE)
    again, other = await house.ask(pay("k"), pay("l", 30))
    assert (again.replayed, again.seq) == (True, first.seq)
    assert other.replayed is False
    assert house.ledger.tried == [1, 2, 1], "the repeat is not decided again"
    assert [amounts for _, amounts in house.scorer.asked] == [[100], [100, 30], [30]]


async def test_only_repeats_make_no_batch(house: House) -> None:
    await house.started(ANNA, SHOP)
    (first,) = await house.ask(pay("k"))
    house.actor._book.keys.clear()
    house.ledger.outcomes.append(Outcome.ALREADY_THERE)
    (again,) = await house.ask(pay("k"))
    assert (again.replayed, again.seq) == (True, first.seq)
    assert house.ledger.tried == [1, 1]


# Doubt


@pytest.mark.parametrize("outcome", [Outcome.IN_DOUBT, ValueError("while answering")])
async def test_in_doubt_it_forgets_and_everybody_may_ask_again(
    house: House, outcome: Outcome | Exception
) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.outcomes.append(outcome)
    house.ledger.unreachable = 3
    assert await house.ask(pay("a"), pay("b")) == [UNAVAILABLE] * 2
    assert house.stat("doubts") == 1
    await house.until(lambda: house.stat("ready") == 1)
    assert house.ledger.pauses == 3
    assert house.stat("epoch") == 2
    assert house.stat("accounts_in_memory") == 0
    assert house.ledger.claims == [True, False], "from others only at its first start"
    assert all(isinstance(a, Done) for a in await house.ask(pay("a"), pay("b")))
    assert house.posted(SHOP) == 10_200


async def test_a_ledger_that_is_away_while_a_batch_is_loaded_is_doubt(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.scorer.error = OSError("away")
    assert await house.ask(pay("a")) == [UNAVAILABLE]
    assert (house.stat("doubts"), house.stat("commands_failed")) == (1, 0)
    house.scorer.error = None
    await house.until(lambda: house.stat("ready") == 1)
    assert isinstance((await house.ask(pay("a")))[0], Done)


@pytest.mark.parametrize(
    ("outcome", "paid"),
    [(Outcome.COMMITTED, True), (Outcome.IN_DOUBT, False), (Outcome.DECIDE_AGAIN, False),
     (ValueError("while answering"), False)],
)  # fmt: skip
async def test_doubt_about_what_comes_next_waits_for_the_commit_under_way(
    house: House, outcome: Outcome | Exception, paid: bool
) -> None:
    """What is durable is answered so; what isn't known to be may be asked for again."""
    await house.started(ANNA, SHOP)
    house.ledger.outcomes.append(outcome)
    house.ledger.open.clear()
    first = house.asking(pay("first"))
    await house.until(lambda: house.ledger.committing == 1)
    house.scorer.error = OSError("away")
    second = house.asking(*(pay(f"k{n}", 1) for n in range(WORTH_A_BATCH)))
    await house.until(lambda: house.stat("doubts") == 1)
    for _ in range(50):
        await asyncio.sleep(0)
    assert not first.done()
    assert not second.done(), "nothing is loaded before it is known what the ledger holds"
    assert house.stat("ready") == 0
    house.ledger.open.set()
    assert await second == [UNAVAILABLE] * WORTH_A_BATCH
    (answer,) = await first
    assert isinstance(answer, Done) if paid else answer == UNAVAILABLE
    house.scorer.error = None
    await house.until(lambda: house.stat("ready") == 1)
    assert house.posted(SHOP) == (10_100 if paid else 10_000)
    assert isinstance((await house.ask(pay("later")))[0], Done)
    assert house.posted(SHOP) == (10_200 if paid else 10_100)
    assert house.stat("doubts") == 1


async def test_what_waited_and_what_was_decided_on_top_is_put_off_in_doubt(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.open.clear()
    first = house.asking(pay("first"))
    await house.until(lambda: house.ledger.committing == 1)
    second = house.asking(*(pay(f"k{n}", 1) for n in range(WORTH_A_BATCH)))
    await house.until(lambda: len(house.scorer.asked) == 2)
    third = house.asking(pay("third"))
    house.ledger.outcomes.append(Outcome.IN_DOUBT)
    house.ledger.open.set()
    answers = await first + await second + await third
    assert answers == [UNAVAILABLE] * (WORTH_A_BATCH + 2)


async def test_who_waits_for_a_leg_that_ended_in_the_meantime_is_told_after_doubt(
    house: House,
) -> None:
    """One of two legs is over by the time that the partitions are loaded anew."""
    await house.started(ANNA)
    house.far(FAR)
    house.may_post.clear()
    over, open_still = await house.ask(pay("over", creditor=FAR), pay("open", creditor=FAR))
    waits = [asyncio.create_task(house.actor.await_leg((a.partition, a.seq), 1_000))
             for a in (over, open_still)]  # fmt: skip
    await house.until(lambda: len(house.actor._waiters) == 2)
    debited = next(r for r in house.ledger.engine.journal if r.payment == over.payment)
    partition = debited.partition
    seq = house.ledger.engine.ends[partition] + 1
    house.ledger.engine.ends[partition] = seq
    house.ledger.engine.journal.append(
        type(debited)(
            seq=seq, credit_seq=seq, partition=partition, credit_partition=partition,
            kind=RecordKind.COMPLETED, payment=over.payment, tenant=TENANT, currency=EUR,
        )
    )  # fmt: skip
    house.ledger.outcomes.append(Outcome.IN_DOUBT)
    assert await house.ask(pay("doubt", creditor=FAR)) == [UNAVAILABLE]
    await house.until(lambda: house.stat("ready") == 1)
    await house.until(waits[0].done)
    assert not waits[1].done()
    assert house.stat("open_legs") == 1
    waits[1].cancel()


async def test_a_parked_leg_is_not_sent_after_a_new_start(house: House) -> None:
    await house.started(ANNA)
    house.far(FAR)
    house.may_post.clear()
    parked, sent = await house.ask(pay("a", creditor=FAR), pay("b", creditor=FAR))
    house.ledger.parked_legs[parked.partition, parked.seq] = (5, "why")
    await house.until(lambda: bool(house.legs_posted))
    house.legs_posted.clear()
    house.ledger.outcomes.append(Outcome.IN_DOUBT)
    await house.ask(pay("doubt", creditor=FAR))
    await house.until(lambda: bool(house.legs_posted))
    assert [(c.homes, c.seqs, c.again) for c in house.legs_posted] == [
        ([sent.partition], [sent.seq], True)
    ]
    assert house.stat("legs_parked") == 1


async def test_who_was_deposed_refuses_and_says_so(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.ledger.outcomes.append(Outcome.DEPOSED)

    async def taken(*, first: bool) -> None:
        raise Deposed([0, 2])

    house.actor._writer.take_over = taken
    assert await house.ask(pay("a")) == [UNAVAILABLE]
    await house.until(house.actor.deposed.is_set)
    assert await house.ask(pay("b")) == [UNAVAILABLE]
    assert not await house.actor.heartbeat()
    assert house.ended == [], "its owner ends it"


async def test_a_payment_that_an_open_batch_changes_is_not_loaded_before_its_commit(
    house: House,
) -> None:
    await house.started(ANNA, SHOP)
    (held,) = await house.ask(pay("k", manual_capture=True))
    house.ledger.open.clear()
    capture = Act(TENANT, held.payment, 1, 30, False, "c1", 1)
    first = house.asking(capture)
    await house.until(lambda: house.ledger.committing == 1)
    house.actor._book.payments.clear()
    more = [pay(f"k{n}", 1) for n in range(WORTH_A_BATCH)]
    second = house.asking(Act(TENANT, held.payment, 1, 30, False, "c2", 1), *more)
    for _ in range(100):
        await asyncio.sleep(0)
    house.ledger.open.set()
    answers = [*await first, *await second]
    assert [type(a) for a in answers if not isinstance(a, Done)] == []
    assert [answers[0].leg, answers[1].leg] == [1, 2], "its second capture"
    assert house.posted(SHOP) == 10_060 + WORTH_A_BATCH


# What nobody foresaw


async def test_an_error_in_a_turn_is_told_and_the_actor_begins_anew(
    house: House, logged: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was committed meanwhile is answered so."""
    await house.started(ANNA, SHOP)
    evict, failing = house.actor._book.evict, iter([True])

    def once(*bounds: int) -> int:
        if next(failing, False):
            raise ValueError("nobody foresaw it")
        return evict(*bounds)

    monkeypatch.setattr(house.actor._book, "evict", once)
    assert isinstance((await house.ask(pay("a")))[0], Done)
    await house.until(lambda: house.stat("doubts") == 1 and house.stat("ready") == 1)
    assert [log["actor"] for log in logged if log["event"] == "turn_failed"] == ["actor-0"]
    assert isinstance((await house.ask(pay("b")))[0], Done)
    assert house.posted(SHOP) == 10_200
    assert house.ended == []


async def test_who_is_deposed_while_it_begins_anew_refuses_and_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.started(ANNA, SHOP)

    async def taken(*, first: bool) -> None:
        raise Deposed([0, 2])

    def wrong(*bounds: int) -> int:
        raise ValueError("nobody foresaw it")

    monkeypatch.setattr(house.actor._writer, "take_over", taken)
    monkeypatch.setattr(house.actor._book, "evict", wrong)
    await house.ask(pay("a"))
    await house.until(house.actor.deposed.is_set)
    assert await house.ask(pay("b")) == [UNAVAILABLE]
    assert house.ended == []
