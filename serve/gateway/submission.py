"""From a handler to the partitions, so that a client that hangs up takes nothing back."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from headrace.runtime.payments.answer import Answer, Done
from headrace.runtime.payments.command import Command
from headrace.runtime.payments.refusals import Refusal
from headrace.serve.admission import Bound
from headrace.serve.problems import Problem, problem

T = TypeVar("T")
Put = Callable[[Sequence[Command]], "asyncio.Future[list[Answer]]"]


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
        self._running: set[asyncio.Future[Any]] = set()

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
        (answer,) = await self._outliving(self._put([command]), 1)
        if isinstance(answer, Done):
            return answer
        raise problem(answer)

    async def many(self, count: int, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Runs work that submits `count` commands; raises Problem(OVERLOADED)."""
        self._payments.take(count)
        return await self._outliving(asyncio.create_task(work()), count)

    async def _outliving(self, work: "asyncio.Future[T]", count: int) -> T:
        self._running.add(work)

        def ended(work: "asyncio.Future[T]") -> None:
            self._running.discard(work)
            self._payments.give(count)
            if not work.cancelled():
                work.exception()  # nobody may be waiting for it any more

        work.add_done_callback(ended)
        return await asyncio.shield(work)

    async def finish(self, timeout_s: float) -> None:
        """Waits for what is under way."""
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_s)
