import asyncio
from itertools import pairwise
from typing import Any

import pytest
from counterparts import FULL, HOME, TIMEOUT_S, Answering, legs

from headrace.actors import leg_sender
from headrace.actors.leg_sender import SMALLER, LegSender
from headrace.runtime.payments.answer import NO_SUCH_LEG, LegsAnswer, LegsDone
from headrace.runtime.payments.command import PostLegs, SettleLegs
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.settings.partition import CallSettings

SETTINGS = CallSettings(call_payments_max=FULL, leg_pause_s=0.0001)
CALLS_OUT_MAX, FAILURES_MAX = SETTINGS.leg_calls_max, SETTINGS.leg_failures_max


class Counterpart:
    """Keeps calls until it is told to answer; then each leg is carried out, unless refused."""

    def __init__(self) -> None:
        self.calls: list[tuple[PostLegs, asyncio.Future[LegsDone]]] = []
        self.arrived: list[int] = []
        self.parked: list[tuple[int, int]] = []
        self.called = asyncio.Event()
        self.sender = LegSender(2, SETTINGS, self.submit, self.take, self.park)

    async def submit(self, actor: int, command: PostLegs) -> LegsDone:
        future: asyncio.Future[LegsDone] = asyncio.get_running_loop().create_future()
        self.called.set()
        self.calls.append((command, future))
        return await future

    def take(self, arrived: SettleLegs) -> asyncio.Future[list[LegsAnswer]]:
        assert arrived.homes == [HOME] * len(arrived.seqs)
        assert arrived.reasons == [seq % 2 for seq in arrived.seqs]
        self.arrived += arrived.seqs
        taken: asyncio.Future[list[LegsAnswer]] = asyncio.get_running_loop().create_future()
        taken.set_result([LegsDone([0] * len(arrived.seqs))])
        return taken

    def park(self, leg: OpenLeg, failures: int, error: str) -> None:
        assert error
        self.parked.append((leg.seq, failures))

    async def answer(self, refusing: Any = ()) -> list[int]:
        """Answers every call that is out, legs by turns carried out and refused for good; returns
        how many legs each had."""
        await asyncio.sleep(0)
        calls, self.calls = self.calls, []
        for command, future in calls:
            reasons = [NO_SUCH_LEG if seq in refusing else seq % 2 for seq in command.seqs]
            future.set_result(LegsDone(reasons))
        for _ in range(3):
            await asyncio.sleep(0)
        return [len(command.seqs) for command, _ in calls]


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


async def test_what_failed_is_sent_again_as_a_repeat() -> None:
    other = Counterpart()
    other.sender.send(legs(3))
    assert await other.answer(refusing={2}) == [3]
    other.called.clear()
    await asyncio.wait_for(other.called.wait(), TIMEOUT_S)
    command = other.calls[0][0]
    assert (command.homes, command.seqs, command.again) == ([HOME], [2], True)
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


@pytest.mark.parametrize("at_home", [False, True])
async def test_one_poison_among_a_thousand_is_parked_alone(at_home: bool) -> None:
    other = Answering(poison=613, at_home=at_home, full=1_000)
    other.sender.send(legs(1_000))
    await other.until(lambda: bool(other.parked) and len(other.arrived) == 999)
    assert other.parked == [(613, FAILURES_MAX)]
    assert other.arrived == set(range(1, 1_001)) - {613}
    assert list(other.sender.parked) == [(HOME, 613)]
    assert len(other.calls) <= 1 + 4 * SMALLER + FAILURES_MAX
    assert [c.seqs for c in other.calls if 613 in c.seqs][-FAILURES_MAX:] == [[613]] * FAILURES_MAX


async def test_repeats_that_always_fail_hold_up_nobody() -> None:
    other = Answering(poison=1)
    other.sender.send(legs(1), again=True)
    for first in range(2, 302):
        other.sender.send(legs(1, first=first))
        await other.until(lambda first=first: first in other.arrived)  # type: ignore[misc]  # mypy knows no type of a default
    assert len(other.arrived) == 300


async def test_what_was_not_answered_is_sent_for_as_long_as_it_takes_and_never_parked() -> None:
    other = Answering()
    other.away = True
    other.sender.send(legs(25))
    await other.until(lambda: other.sender.calls_failed > 2 * FAILURES_MAX)
    other.away = False
    await other.until(lambda: len(other.arrived) == 25)
    assert other.parked == []
    assert all(command.again for command in other.calls[-3:])


async def test_a_leg_that_nobody_knows_is_parked_after_some_tries() -> None:
    other = Counterpart()
    other.sender.send(legs(3))
    for size in [3, *[1] * (FAILURES_MAX - 1)]:
        other.called.clear()
        if not other.calls:
            await asyncio.sleep(0)
        if not other.calls:
            await asyncio.wait_for(other.called.wait(), TIMEOUT_S)
        assert await other.answer(refusing={2}) == [size]
    assert other.parked == [(2, FAILURES_MAX)]
    assert sorted(other.arrived) == [1, 3]


async def test_a_released_leg_is_sent_again() -> None:
    other = Answering(poison=2)
    other.sender.send(legs(3))
    await other.until(lambda: bool(other.parked) and len(other.arrived) == 2)
    other.poison = 0
    other.sender.release([(HOME, 2)])
    await other.until(lambda: len(other.arrived) == 3)
    assert other.sender.parked == {}


async def test_a_leg_held_back_is_not_sent() -> None:
    other = Answering()
    other.sender.hold_back(legs(1))
    other.sender.send(legs(2, first=2))
    await other.until(lambda: len(other.arrived) == 2)
    assert [command.seqs for command in other.calls] == [[2, 3]]


# Pauses


class Timed(Answering):
    """Each call is told with the time that it came at; `answers` says how it ends, in turn."""

    def __init__(self, answers: list[bool], full: int = FULL) -> None:
        super().__init__(full=full)
        self.sender = LegSender(
            2, CallSettings(call_payments_max=full), self.submit, self.take, lambda *_: None
        )
        self.answers = answers
        self.times: list[float] = []

    async def submit(self, actor: int, command: PostLegs) -> LegsAnswer:
        self.times.append(asyncio.get_running_loop().time())
        self.away = not self.answers.pop(0)
        return await super().submit(actor, command)

    def pauses(self) -> list[float]:
        return [after - before for before, after in pairwise(self.times)]


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jitter that changes nothing."""
    monkeypatch.setattr(leg_sender, "random", lambda: 0.5)


async def test_pauses_double_from_a_tenth_of_a_second_up_to_two(
    no_waiting: None, half: None
) -> None:
    other = Timed([False] * 7 + [True])
    other.sender.send(legs(1), again=True)
    await asyncio.sleep(60)
    assert other.pauses() == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0], abs=0.03)
    assert other.arrived == {1}


async def test_pauses_have_a_jitter_of_half_their_length(
    no_waiting: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter([0.0, 0.999])
    monkeypatch.setattr(leg_sender, "random", lambda: next(drawn))
    other = Timed([False, False, True])
    other.sender.send(legs(1), again=True)
    await asyncio.sleep(60)
    assert other.pauses() == pytest.approx([0.05, 0.3], abs=0.02)


async def test_after_an_answer_pauses_begin_anew(no_waiting: None, half: None) -> None:
    other = Timed([False, False, False, True, False, True])
    other.sender.send(legs(1), again=True)
    await asyncio.sleep(60)
    other.times.clear()
    other.sender.send(legs(1, first=2), again=True)
    await asyncio.sleep(60)
    assert other.pauses() == pytest.approx([0.1], abs=0.03)


async def test_fresh_legs_go_on_at_once_after_an_answer_and_pause_after_none(
    no_waiting: None, half: None
) -> None:
    """Two full calls one after the other over a lane whose repeats have failed before."""
    other = Timed([True] * 4, full=1)
    other.sender._lanes[1].pause_s = 2.0
    other.sender.send(legs(4))
    await asyncio.sleep(60)
    assert other.pauses() == pytest.approx([0, 0, 0], abs=0.03)
    later = Timed([False, True, True, True, True], full=1)
    later.sender.send(legs(1))
    later.sender.send(legs(1, first=2))
    await asyncio.sleep(60)
    assert later.arrived == {1, 2}


async def test_a_lane_pauses_its_fresh_legs_after_a_call_without_an_answer(
    no_waiting: None, half: None
) -> None:
    other = Timed([False] + [True] * 9)
    other.sender.send(legs(1))
    await asyncio.sleep(0)
    other.sender.send(legs(1, first=2))
    await asyncio.sleep(60)
    assert other.arrived == {1, 2}
    fresh = [at for at, call in zip(other.times, other.calls, strict=True) if not call.again]
    assert fresh[1] - fresh[0] == pytest.approx(0.1, abs=0.03)


async def test_a_leg_by_itself_is_parked_when_it_has_failed_five_times(no_waiting: None) -> None:
    other = Answering(poison=1)
    other.sender.send(legs(1))
    await asyncio.sleep(60)
    assert other.parked == [(1, 5)]
    assert len(other.calls) == other.sender.calls_failed == 5


async def test_what_failed_together_is_looked_for_in_eighths(no_waiting: None) -> None:
    other = Answering(poison=1, full=64)
    other.sender.send(legs(64))
    await asyncio.sleep(60)
    sizes = [len(call.seqs) for call in other.calls]
    assert sizes == [64, *[8] * 8, *[1] * 8, *[1] * 4]


# Calls


async def test_beside_a_call_that_is_out_only_full_ones_go() -> None:
    other = Counterpart()
    other.sender.send(legs(1))
    await asyncio.sleep(0)
    other.sender.send(legs(FULL - 1, first=2))
    await asyncio.sleep(0)
    assert len(other.calls) == 1
    other.sender.send(legs(1, first=FULL + 1))
    await asyncio.sleep(0)
    assert [len(command.seqs) for command, _ in other.calls] == [1, FULL]
    other.sender.send(legs(FULL, first=FULL + 2))
    await asyncio.sleep(0)
    assert len(other.calls) == 3
    other.sender.send(legs(FULL, first=2 * FULL + 2))
    await asyncio.sleep(0)
    assert len(other.calls) == 3, "no more than three at once"
