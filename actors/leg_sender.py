"""Sends legs to the partitions that carry them out, at once after their commit, until answered."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from random import random

import structlog

from headrace.runtime.partitioning import partition_of_account
from headrace.runtime.payments.answer import NO_SUCH_LEG, LegsAnswer, LegsDone
from headrace.runtime.payments.book import OpenLeg
from headrace.runtime.payments.command import Arrived, Carry

PAUSE_S, PAUSE_MAX_S = 0.1, 2.0
CALLS_OUT_MAX = 3
"""To one actor at once; a further call only goes out full."""
log = structlog.get_logger("headrace.legs")

Submit = Callable[[int, Carry], Awaitable[LegsAnswer]]
"""To the actor with this number."""


class LegSender:
    """One queue and few calls at a time for each actor that carries legs out for us.

    A leg leaves the queue only with its counterpart's answer, which goes on to `arrived`; a call
    that fails is sent again after a growing pause with jitter, marked as a repeat, for as long as
    this actor holds the leg: giving up would strand the money.
    """

    def __init__(
        self, actors: int, legs_per_call_max: int, submit: Submit,
        arrived: Callable[[Arrived], object],
    ) -> None:  # fmt: skip
        self._actors = actors
        self._legs_per_call_max = legs_per_call_max
        self._submit = submit
        self._arrived = arrived
        self._waiting: list[deque[OpenLeg]] = [deque() for _ in range(actors)]
        self._repeats: list[deque[OpenLeg]] = [deque() for _ in range(actors)]
        self._calls_out = [0] * actors
        self._tasks: set[asyncio.Task[None]] = set()
        self.calls_failed = 0

    def send(self, legs: Sequence[OpenLeg], again: bool = False) -> None:
        """Queues legs whose opening is committed."""
        queues = self._repeats if again else self._waiting
        for leg in legs:
            queues[partition_of_account(leg.creditor) % self._actors].append(leg)
        for actor in range(self._actors):
            self._keep_calling(actor)

    def forget(self) -> None:
        """Stops: the legs are found in the ledger again by whoever loads the partitions."""
        for task in self._tasks:
            task.cancel()
        self._tasks = set()
        self._calls_out = [0] * self._actors
        for queue in self._waiting + self._repeats:
            queue.clear()

    def _keep_calling(self, actor: int) -> None:
        while self._wants_call(actor, self._calls_out[actor]):
            self._calls_out[actor] += 1
            task = asyncio.create_task(self._drain(actor, *self._take(actor)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _wants_call(self, actor: int, others_out: int) -> bool:
        """Beside others only full calls: what waits for them then goes together."""
        waiting = len(self._waiting[actor]) + len(self._repeats[actor])
        if not others_out:
            return waiting > 0
        return others_out < CALLS_OUT_MAX and waiting >= self._legs_per_call_max

    def _take(self, actor: int) -> tuple[list[OpenLeg], bool]:
        """The legs of the next call, and whether they are repeats, which go by themselves."""
        again = bool(self._repeats[actor])
        queue = self._repeats[actor] if again else self._waiting[actor]
        return [queue.popleft() for _ in range(min(len(queue), self._legs_per_call_max))], again

    async def _drain(self, actor: int, legs: list[OpenLeg], again: bool) -> None:
        pause = PAUSE_S
        while legs:
            failed = await self._call(actor, legs, again)
            if failed:
                self.calls_failed += 1
                self._repeats[actor].extend(failed)
                await asyncio.sleep(pause * (0.5 + random()))
                pause = min(pause * 2, PAUSE_MAX_S)
            else:
                pause = PAUSE_S
            more = self._wants_call(actor, self._calls_out[actor] - 1)
            legs, again = self._take(actor) if more else ([], False)
        self._calls_out[actor] -= 1

    async def _call(self, actor: int, legs: list[OpenLeg], again: bool) -> list[OpenLeg]:
        """The legs that have no answer yet."""
        homes, seqs = [leg.partition for leg in legs], [leg.seq for leg in legs]
        try:
            answer = await self._submit(actor, Carry(homes, seqs, again))
        except Exception as error:  # whatever went wrong on the way, the answer is not here
            log.warning("legs_not_carried", legs=len(legs), error=repr(error))
            return legs
        if not isinstance(answer, LegsDone):
            return legs
        reasons = answer.reasons
        if NO_SUCH_LEG not in reasons:
            self._arrived(Arrived(homes, seqs, reasons))
            return []
        done = [row for row, reason in enumerate(reasons) if reason != NO_SUCH_LEG]
        if done:
            self._arrived(
                Arrived(
                    [homes[row] for row in done],
                    [seqs[row] for row in done],
                    [reasons[row] for row in done],
                )
            )
        return [leg for leg, reason in zip(legs, reasons, strict=True) if reason == NO_SUCH_LEG]
