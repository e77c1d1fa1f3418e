"""From a handler to the partitions, so that a client that hangs up takes nothing back."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from headrace.actors.partition_client import Asker
from headrace.runtime.payments.answer import Answer, Done
from headrace.runtime.payments.command import Command
from headrace.runtime.refusals import Refusal
from headrace.serve.http.admission import Bound
from headrace.serve.http.problems import Problem, problem

T = TypeVar("T")
Put = Callable[[Command, Asker], None]


class _One:
    """A command under way, and who waits for its answer."""

    __slots__ = ("_answered", "future", "since")

    def __init__(self, answered: Callable[[], None]) -> None:
        self._answered = answered
        self.future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.since = time.monotonic()

    def answer(self, index: int, answer: Answer) -> None:
        self._answered()
        if not self.future.done():  # nobody may be waiting for it any more
            self.future.set_result(answer)


class Submissions:
    """What a gateway has submitted and not answered. It goes on by itself."""

    def __init__(
        self, put: Put, payments: Bound, waiting_s: Callable[[], float], wait_max_s: float
    ) -> None:
        """`waiting_s` tells how long what is submitted has waited to be on its way."""
        self._put = put
        self._payments = payments
        self._waiting_s = waiting_s
        self._wait_max_s = wait_max_s
        self._idle = asyncio.Event()

    def admit(self, count: int = 1) -> None:
        """Raises Problem(OVERLOADED) when about `count` more can't be answered in good time. To be
        asked before a body is read: then a refusal costs next to nothing."""
        self._payments.check(count)
        if self._waiting_s() > self._wait_max_s:
            self._payments.refused += 1
            raise Problem(Refusal.OVERLOADED, "what was accepted before takes too long already")

    async def one(self, command: Command) -> Done:
        """Submits it; raises Problem for a refusal."""
        self._payments.take()
        submitted = _One(self._answered)
        self._put(command, submitted)
        answer = await submitted.future
        if isinstance(answer, Done):
            return answer
        raise problem(answer)

    async def many(self, count: int, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Runs work that submits `count` commands; raises Problem(OVERLOADED)."""
        self._payments.take(count)
        task = asyncio.create_task(work())

        def ended(task: asyncio.Task[T]) -> None:
            self._answered(count)
            if not task.cancelled():
                task.exception()  # nobody may be waiting for it any more

        task.add_done_callback(ended)
        return await asyncio.shield(task)

    def _answered(self, count: int = 1) -> None:
        self._payments.give(count)
        if not self._payments.taken:
            self._idle.set()

    async def finish(self, timeout_s: float) -> None:
        """Waits for what is under way."""
        self._idle.clear()
        if self._payments.taken:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._idle.wait(), timeout_s)
