import asyncio
from typing import Any

import pytest

from headrace.actors import leg_sender
from headrace.actors.leg_sender import CALLS_OUT_MAX, LegSender
from headrace.runtime.partitioning import ACCOUNT_BITS
from headrace.runtime.payments.answer import NO_SUCH_LEG, LegsDone
from headrace.runtime.payments.book import OpenLeg
from headrace.runtime.payments.command import Arrived, Carry

FULL, HOME = 10, 3
TIMEOUT_S = 5.0


def legs(count: int, actor: int = 1, first: int = 1) -> list[OpenLeg]:
    creditor = actor << ACCOUNT_BITS | 5_000
    return [
        OpenLeg(
            seq.to_bytes(16, "big"), 0, HOME, seq, False, True, 1, 978, 5, 1, creditor, bytes(16)
        )
        for seq in range(first, first + count)
    ]


class Counterpart:
    """Keeps calls until it is told to answer; then each leg is carried out, unless refused."""

    def __init__(self) -> None:
        self.calls: list[tuple[Carry, asyncio.Future[LegsDone]]] = []
        self.arrived: list[int] = []
        self.called = asyncio.Event()
        self.sender = LegSender(2, FULL, self.submit, self.take)

    async def submit(self, actor: int, carry: Carry) -> LegsDone:
        future: asyncio.Future[LegsDone] = asyncio.get_running_loop().create_future()
        self.called.set()
        self.calls.append((carry, future))
        return await future

    def take(self, arrived: Arrived) -> None:
        assert arrived.homes == [HOME] * len(arrived.seqs)
        assert arrived.reasons == [seq % 2 for seq in arrived.seqs]
        self.arrived += arrived.seqs

    async def answer(self, refusing: Any = ()) -> list[int]:
        """Answers every call that is out, legs by turns carried out and refused for good; returns
        how many legs each had."""
        await asyncio.sleep(0)
        calls, self.calls = self.calls, []
        for carry, future in calls:
            reasons = [NO_SUCH_LEG if seq in refusing else seq % 2 for seq in carry.seqs]
            future.set_result(LegsDone(reasons))
        for _ in range(3):
            await asyncio.sleep(0)
        return [len(carry.seqs) for carry, _ in calls]


async def test_what_comes_while_a_call_is_out_goes_together() -> None:
    other = Counterpart()
    other.sender.send(legs(1))
    await asyncio.sleep(0)
    other.sender.send(legs(2, first=2))
    other.sender.send(legs(3, first=4))
    assert await other.answer() == [1]
    assert await other.answer() == [5]
    assert other.arrived == [1, 2, 3, 4, 5, 6]
    assert await other.answer() == []


async def test_many_legs_go_in_a_few_full_calls_at_once() -> None:
    other = Counterpart()
    other.sender.send(legs(FULL * CALLS_OUT_MAX + 5))
    assert await other.answer() == [FULL] * CALLS_OUT_MAX
    assert await other.answer() == [5]
    assert sorted(other.arrived) == list(range(1, FULL * CALLS_OUT_MAX + 6))


async def test_actors_do_not_wait_for_each_other() -> None:
    other = Counterpart()
    other.sender.send([*legs(1, actor=0), *legs(1, actor=1, first=2)])
    assert await other.answer() == [1, 1]


async def test_what_failed_is_sent_again_as_a_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leg_sender, "PAUSE_S", 0.001)
    other = Counterpart()
    other.sender.send(legs(3))
    assert await other.answer(refusing={2}) == [3]
    other.called.clear()
    await asyncio.wait_for(other.called.wait(), TIMEOUT_S)
    carry = other.calls[0][0]
    assert (carry.homes, carry.seqs, carry.again) == ([HOME], [2], True)
    await other.answer()
    assert sorted(other.arrived) == [1, 2, 3]


async def test_what_is_forgotten_is_not_sent_and_others_are() -> None:
    other = Counterpart()
    other.sender.send(legs(1))
    await asyncio.sleep(0)
    other.sender.send(legs(5, first=2))
    other.sender.forget()
    other.calls.clear()
    other.sender.send(legs(2, first=20))
    assert await other.answer() == [2]
    assert other.arrived == [20, 21]
