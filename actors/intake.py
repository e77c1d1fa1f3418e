"""What waits to be decided: a bounded queue of commands, each with whom to answer."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from headrace.runtime.payments.answer import Answer
from headrace.runtime.payments.command import Command


class Submission:
    """The commands of one call: answered together, when the last has its answer."""

    __slots__ = ("answers", "future", "left", "since")

    def __init__(self, size: int) -> None:
        self.answers: list[Answer | None] = [None] * size
        self.left = size
        self.since = time.monotonic()
        self.future: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()

    def answer(self, place: int, answer: Answer) -> None:
        """Answers one command; a caller that has gone is no error."""
        self.answers[place] = answer
        self.left -= 1
        if self.left == 0 and not self.future.done():
            self.future.set_result([a for a in self.answers if a is not None])


Item = tuple[Command, Submission, int]
"""A command, the call it came with and its place there."""


class Intake:
    """First in, first out. Only what comes from outside is bounded: what our own records call for
    (legs, expiries) is bounded by them."""

    def __init__(self, payments_max: int) -> None:
        self._payments_max = payments_max
        self._queue: deque[Item] = deque()
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    def has_room(self, size: int) -> bool:
        """Whether a call of this many commands may still come in."""
        return len(self._queue) + size <= self._payments_max

    def put(self, commands: Sequence[Command]) -> "asyncio.Future[list[Answer]]":
        """Queues a call's commands, of which there is at least one."""
        submission = Submission(len(commands))
        self._queue.extend((c, submission, place) for place, c in enumerate(commands))
        self._filled.set()
        return submission.future

    def put_back(self, items: Sequence[Item]) -> None:
        """Puts what was taken back in front, in its order."""
        self._queue.extendleft(reversed(items))
        if self._queue:
            self._filled.set()

    def take(self, most: int) -> list[Item]:
        """The first commands, as many as there are up to a bound."""
        queue = self._queue
        items = [queue.popleft() for _ in range(min(most, len(queue)))]
        if not queue:
            self._filled.clear()
        return items

    async def filled(self) -> None:
        """Returns when something waits."""
        await self._filled.wait()
