"""Sends legs to the partitions that carry them out, at once after their commit, until answered."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from random import random

import structlog

from headrace.runtime.partitioning import partition_of_account
from headrace.runtime.payments.answer import Answer, Done
from headrace.runtime.payments.book import OpenLeg
from headrace.runtime.payments.command import Arrived, Carry, Command

PAUSE_S, PAUSE_MAX_S = 0.1, 2.0
CALLS_OUT_MAX = 3
"""To one actor at once; a further call only goes out full."""
log = structlog.get_logger("headrace.legs")

Submit = Callable[[int, list[Command]], Awaitable[Sequence[Answer]]]
"""To the actor with this number."""


class LegSender:
    """One queue and few calls at a time for each actor that carries legs out for us.

    A leg leaves the queue only with its counterpart's answer, which goes on to `arrived`; a call
    that fails is sent again after a growing pause with jitter, marked as a repeat, for as long as
    this actor holds the leg: giving up would strand the money.
    """

    def __init__(
        self, actors: int, legs_per_call_max: int, submit: Submit,
        arrived: Callable[[list[Arrived]], None],
    ) -> None:  # fmt: skip
        self._actors = actors
        self._legs_per_call_max = legs_per_call_max
        self._submit = submit
        self._arrived = arrived
        self._waiting: list[deque[tuple[OpenLeg, bool]]] = [deque() for _ in range(actors)]
        self._calls_out = [0] * actors
        self._tasks: set[asyncio.Task[None]] = set()
        self.calls_failed = 0

    def send(self, legs: Sequence[OpenLeg], again: bool = False) -> None:
        """Queues legs whose opening is committed."""
        for leg in legs:
            actor = partition_of_account(leg.creditor) % self._actors
            self._waiting[actor].append((leg, again))
        for actor in range(self._actors):
            self._keep_calling(actor)

    def forget(self) -> None:
        """Stops: the legs are found in the ledger again by whoever loads the partitions."""
        for task in self._tasks:
            task.cancel()
        self._tasks = set()
        self._calls_out = [0] * self._actors
        for waiting in self._waiting:
            waiting.clear()

    def _keep_calling(self, actor: int) -> None:
        while self._wants_call(actor, self._calls_out[actor]):
            self._calls_out[actor] += 1
            task = asyncio.create_task(self._drain(actor, self._take(actor)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _wants_call(self, actor: int, others_out: int) -> bool:
        """Beside others only full calls: what waits for them then goes together."""
        waiting = len(self._waiting[actor])
        if not others_out:
            return waiting > 0
        return others_out < CALLS_OUT_MAX and waiting >= self._legs_per_call_max

    def _take(self, actor: int) -> list[tuple[OpenLeg, bool]]:
        waiting = self._waiting[actor]
        return [waiting.popleft() for _ in range(min(len(waiting), self._legs_per_call_max))]

    async def _drain(self, actor: int, sent: list[tuple[OpenLeg, bool]]) -> None:
        pause = PAUSE_S
        while sent:
            failed = await self._call(actor, sent)
            if failed:
                self.calls_failed += 1
                self._waiting[actor].extend((leg, True) for leg in failed)
                await asyncio.sleep(pause * (0.5 + random()))
                pause = min(pause * 2, PAUSE_MAX_S)
            else:
                pause = PAUSE_S
            more = self._wants_call(actor, self._calls_out[actor] - 1)
            sent = self._take(actor) if more else []
        self._calls_out[actor] -= 1

    async def _call(self, actor: int, sent: list[tuple[OpenLeg, bool]]) -> list[OpenLeg]:
        """The legs that have no answer yet."""
        carries: list[Command] = [
            Carry(partition_of_account(leg.creditor), leg.partition, leg.seq, again)
            for leg, again in sent
        ]
        try:
            answers = await self._submit(actor, carries)
        except Exception as error:  # whatever went wrong on the way, the answer is not here
            log.warning("legs_not_carried", legs=len(sent), error=repr(error))
            return [leg for leg, _ in sent]
        arrived, failed = [], []
        for (leg, _), answer in zip(sent, answers, strict=True):
            if isinstance(answer, Done):
                arrived.append(Arrived(leg.payment, leg.leg, answer.reason))
            else:
                failed.append(leg)
        if arrived:
            self._arrived(arrived)
        return failed
