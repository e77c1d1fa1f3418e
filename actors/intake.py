"""What waits to be decided: a bounded queue of commands, each with whom to answer."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from itertools import count, repeat
from typing import Any

from headrace.runtime.payments.answer import Answer, LegsAnswer
from headrace.runtime.payments.command import Command, LegCommand

WORTH_A_BATCH = 100
"""Commands: fewer wait until what is under way has ended, and share the next call and batch, which
cost some milliseconds however small they are."""


class Submission:
    """The commands of one call: answered together, when the last has its answer."""

    __slots__ = ("answers", "future", "left", "since")

    def __init__(self, size: int) -> None:
        self.answers: list[Any] = [None] * size
        self.left = size
        self.since = time.monotonic()
        self.future: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()

    def answer(self, index: int, answer: Answer | LegsAnswer) -> None:
        """Answers one command, once; a caller that has gone is no error."""
        if self.answers[index] is not None:
            return
        self.answers[index] = answer
        self.left -= 1
        if self.left == 0 and not self.future.done():
            self.future.set_result(self.answers)


Item = tuple[Command, Submission, int]
"""A command, the call it came with and its index there."""


class Intake:
    """First in, first out, and legs before all else: they finish what was begun. Only what comes
    from outside is bounded: what our own records call for (legs, expiries) is bounded by them."""

    def __init__(self, payments_max: int) -> None:
        self._payments_max = payments_max
        self._queue: deque[Item] = deque()
        self._legs: deque[tuple[LegCommand, Submission, int]] = deque()
        self._legs_waiting = 0
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue) + self._legs_waiting

    def has_room(self, size: int) -> bool:
        """Whether a call of this many commands may still come in. Where nothing waits a call of
        any size may: it would never fit otherwise."""
        return not self._queue or len(self._queue) + size <= self._payments_max

    def put(self, commands: Sequence[Command]) -> "asyncio.Future[list[Answer]]":
        """Queues a call's commands, of which there is at least one."""
        submission = Submission(len(commands))
        self._queue.extend(zip(commands, repeat(submission), count()))
        self._filled.set()
        return submission.future

    def put_legs(self, command: LegCommand) -> "asyncio.Future[list[LegsAnswer]]":
        """Queues a call of legs; its future has one answer."""
        submission = Submission(1)
        self._legs.append((command, submission, 0))
        self._legs_waiting += len(command.seqs)
        self._filled.set()
        return submission.future

    def put_back(self, items: Sequence[Item]) -> None:
        """Puts what was taken back in front, in its order."""
        for item in reversed(items):
            command, submission, index = item
            if isinstance(command, LegCommand):
                self._legs.appendleft((command, submission, index))
                self._legs_waiting += len(command.seqs)
            else:
                self._queue.appendleft(item)
        if self:
            self._filled.set()

    def take(self, most: int) -> list[Item]:
        """The first commands, as many as there are up to a bound; before them the first calls of
        legs, until they have that many legs."""
        items: list[Item] = []
        legs, upto = self._legs, max(self._legs_waiting - most, 0)
        while legs and self._legs_waiting > upto:
            items.append(self._take_legs())
        queue = self._queue
        items += [queue.popleft() for _ in range(min(most, len(queue)))]
        if not self:
            self._filled.clear()
        return items

    def take_one(self) -> list[Item]:
        """The first command or call of legs, if there is one."""
        if self._legs:
            items: list[Item] = [self._take_legs()]
        else:
            items = [self._queue.popleft()] if self._queue else []
        if not self:
            self._filled.clear()
        return items

    def _take_legs(self) -> tuple[LegCommand, Submission, int]:
        item = self._legs.popleft()
        self._legs_waiting -= len(item[0].seqs)
        return item

    async def filled(self) -> None:
        """Returns when something waits."""
        await self._filled.wait()
