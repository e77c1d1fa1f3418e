"""Sends legs to the partitions that carry them out, at once after their commit, until answered."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from random import random

import structlog

from headrace.runtime.journal.account_numbers import partition_of_account
from headrace.runtime.partitioning import actor_of
from headrace.runtime.payments.answer import NO_SUCH_LEG, LegsAnswer, LegsDone, Refused
from headrace.runtime.payments.command import PostLegs, SettleLegs
from headrace.runtime.payments.open_leg import LegId, OpenLeg
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.partition import CallSettings

SMALLER = 8
"""A call that some leg in it makes fail is tried again in so many parts."""
log = structlog.get_logger("headrace.legs")

Submit = Callable[[int, PostLegs], Awaitable[LegsAnswer]]
"""To the actor with this number."""
SettleAtHome = Callable[[SettleLegs], "asyncio.Future[list[LegsAnswer]]"]
"""To home's own decisions."""
Park = Callable[[OpenLeg, int, str], object]
"""Hears of a leg that is not sent any more: how often it failed, and how last."""


class _Suspects:
    """Legs of which one makes their call fail."""

    __slots__ = ("failures", "legs")

    def __init__(self, legs: list[OpenLeg], failures: int = 0) -> None:
        self.legs = legs
        self.failures = failures
        """Of a single leg, by itself."""


class _Lane:
    """What waits for one actor. Fresh legs never wait for those that failed, which have a call of
    their own."""

    def __init__(self) -> None:
        self.fresh: deque[OpenLeg] = deque()
        self.fresh_calls_out = 0
        self.unanswered: deque[OpenLeg] = deque()
        """Their call got no answer, which is nobody's fault: the actor was away."""
        self.suspects: deque[_Suspects] = deque()
        self.repeating = False
        self.pause_s = 0.0
        """Before the next try, after one that failed."""


class LegSender:
    """One lane for each actor that carries legs out for us.

    A leg leaves its lane with its counterpart's answer, which goes on to `settle`, and comes back
    if home could not take that. A call without an answer is sent again after a growing pause with
    jitter, marked as a repeat, for as long as this actor holds the leg: giving up would strand the
    money. A leg that its counterpart, or home, can't decide is looked for in ever smaller calls,
    and parked.
    """

    def __init__(
        self, actors: int, settings: CallSettings, submit: Submit, settle: SettleAtHome,
        park: Park,
    ) -> None:  # fmt: skip
        self._actors = actors
        self._settings = settings
        self._submit = submit
        self._settle = settle
        self._park = park
        self._lanes = [_Lane() for _ in range(actors)]
        self._tasks: set[asyncio.Task[None]] = set()
        self._takings: set[asyncio.Future[list[LegsAnswer]]] = set()
        """Answers that home is taking in."""
        self.calls_failed = 0
        self.parked: dict[LegId, OpenLeg] = {}

    def send(self, legs: Sequence[OpenLeg], again: bool = False) -> None:
        """Queues legs whose opening is committed; `again`: they may have been sent before."""
        for leg in legs:
            lane = self._lane(leg)
            (lane.unanswered if again else lane.fresh).append(leg)
        self._keep_calling()

    def hold_back(self, legs: Sequence[OpenLeg]) -> None:
        """Legs that were parked before, and are not to be sent."""
        self.parked.update({(leg.partition, leg.seq): leg for leg in legs})

    def release(self, legs: Sequence[LegId]) -> None:
        """Sends parked legs again."""
        self.send([self.parked.pop(leg) for leg in legs], again=True)

    def forget(self) -> None:
        """Stops: the legs are found in the ledger again by whoever loads the partitions."""
        for task in self._tasks:
            task.cancel()
        self._tasks = set()
        self._takings = set()
        self._lanes = [_Lane() for _ in range(self._actors)]
        self.parked = {}

    def _lane(self, leg: OpenLeg) -> _Lane:
        return self._lanes[actor_of(partition_of_account(leg.creditor), self._actors)]

    def _keep_calling(self) -> None:
        for actor, lane in enumerate(self._lanes):
            while self._wants_call(lane, lane.fresh_calls_out):
                lane.fresh_calls_out += 1
                self._start(self._send_fresh(actor, lane))
            if not lane.repeating and (lane.unanswered or lane.suspects):
                lane.repeating = True
                self._start(self._send_again(actor, lane))

    def _start(self, calls: Awaitable[None]) -> None:
        task = asyncio.ensure_future(calls)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _wants_call(self, lane: _Lane, others_out: int) -> bool:
        """Beside others only full calls: what waits for them then goes together."""
        if not others_out:
            return bool(lane.fresh)
        return (
            others_out < self._settings.leg_calls_max
            and len(lane.fresh) >= self._settings.call_payments_max
        )

    def _take(self, legs: deque[OpenLeg]) -> list[OpenLeg]:
        return [legs.popleft() for _ in range(min(len(legs), self._settings.call_payments_max))]

    async def _send_fresh(self, actor: int, lane: _Lane) -> None:
        while self._wants_call(lane, lane.fresh_calls_out - 1):
            if not await self._call(actor, lane, self._take(lane.fresh), again=False):
                await self._pause(lane)
        lane.fresh_calls_out -= 1

    async def _send_again(self, actor: int, lane: _Lane) -> None:
        """In turn what was not answered, and what was looked for in vain."""
        while lane.unanswered or lane.suspects:
            if lane.pause_s:
                await self._pause(lane)
            fine = True
            if lane.unanswered:
                fine = await self._call(actor, lane, self._take(lane.unanswered), again=True)
            if lane.suspects:
                group = lane.suspects.popleft()
                fine &= await self._call(
                    actor, lane, group.legs, again=True, failures=group.failures
                )
            if fine:
                lane.pause_s = 0.0
        lane.repeating = False

    async def _pause(self, lane: _Lane) -> None:
        await asyncio.sleep(lane.pause_s * (0.5 + random()))

    def _failed(self, lane: _Lane) -> None:
        self.calls_failed += 1
        longer = lane.pause_s * 2 or self._settings.leg_pause_s
        lane.pause_s = min(longer, self._settings.leg_pause_max_s)

    async def _call(
        self, actor: int, lane: _Lane, legs: list[OpenLeg], again: bool, failures: int = 0
    ) -> bool:
        """Whether the actor answered; its legs are then home's to take in, or suspects."""
        homes, seqs = [leg.partition for leg in legs], [leg.seq for leg in legs]
        try:
            answer = await self._submit(actor, PostLegs(homes, seqs, again))
        except Exception as error:  # whatever went wrong on the way, the answer is not here
            log.warning("legs_not_carried", legs=len(legs), error=repr(error))
            answer = Refused(Refusal.UNAVAILABLE)
        if not isinstance(answer, LegsDone):
            self._failed(lane)
            self._refused(lane, legs, answer, failures, "its counterpart")
            return False
        reasons = answer.reasons
        if NO_SUCH_LEG in reasons:
            rows = list(zip(legs, reasons, strict=True))
            legs = [leg for leg, reason in rows if reason != NO_SUCH_LEG]
            reasons = [reason for reason in reasons if reason != NO_SUCH_LEG]
            homes, seqs = [leg.partition for leg in legs], [leg.seq for leg in legs]
            self._failed(lane)
            for leg, reason in rows:
                if reason == NO_SUCH_LEG:
                    self._suspect(lane, [leg], failures, "its counterpart knows no such leg")
            self._keep_calling()
        if legs:
            self._hand_over(lane, legs, SettleLegs(homes, seqs, reasons), failures)
        return True

    def _hand_over(
        self, lane: _Lane, legs: list[OpenLeg], answered: SettleLegs, failures: int
    ) -> None:
        """To home, which may be unable to take it; then the legs' counterpart is asked again."""
        taking = self._settle(answered)
        self._takings.add(taking)

        def taken(done: "asyncio.Future[list[LegsAnswer]]") -> None:
            if done not in self._takings:  # forgotten meanwhile
                return
            self._takings.discard(done)
            if done.cancelled() or done.exception() is not None:
                return
            (answer,) = done.result()
            if not isinstance(answer, LegsDone):
                self._failed(lane)
                self._refused(lane, legs, answer, failures, "home")

        taking.add_done_callback(taken)

    def _refused(
        self, lane: _Lane, legs: list[OpenLeg], answer: Refused, failures: int, who: str
    ) -> None:
        if answer.refusal == Refusal.INTERNAL_ERROR:
            self._suspect(lane, legs, failures, f"{who} met an error while deciding it")
        else:
            lane.unanswered.extend(legs)
        self._keep_calling()

    def _suspect(self, lane: _Lane, legs: list[OpenLeg], failures: int, error: str) -> None:
        """Legs of which one is to blame: it is looked for, and parked in the end."""
        if len(legs) > 1:
            size = -(-len(legs) // SMALLER)
            lane.suspects.extend(
                _Suspects(legs[at : at + size]) for at in range(0, len(legs), size)
            )
        elif failures + 1 < self._settings.leg_failures_max:
            lane.suspects.append(_Suspects(legs, failures + 1))
        else:
            (leg,) = legs
            log.error("leg_parked", partition=leg.partition, seq=leg.seq, error=error)
            self.parked[leg.partition, leg.seq] = leg
            self._park(leg, failures + 1, error)
