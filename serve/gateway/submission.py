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
Submit = Callable[[Sequence[Command]], Coroutine[Any, Any, list[Answer]]]


class Submissions:
    """What a gateway has submitted and not answered. Each runs in a task of its own."""

    def __init__(
        self, submit: Submit, payments: Bound, waiting_s: Callable[[], float], wait_max_s: float
    ) -> None:
        """`waiting_s` tells how long what is submitted has waited to be on its way."""
        self._submit = submit
        self._payments = payments
        self._waiting_s = waiting_s
        self._wait_max_s = wait_max_s
        self._running: set[asyncio.Task[Any]] = set()

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
        (answer,) = await self._outliving(self._submit([command]), 1)
        if isinstance(answer, Done):
            return answer
        raise problem(answer)

    async def many(self, count: int, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Runs work that submits `count` commands; raises Problem(OVERLOADED)."""
        self._payments.take(count)
        return await self._outliving(work(), count)

    async def _outliving(self, work: Coroutine[Any, Any, T], count: int) -> T:
        task = asyncio.create_task(work)
        self._running.add(task)

        def ended(task: asyncio.Task[T]) -> None:
            self._running.discard(task)
            self._payments.give(count)
            if not task.cancelled():
                task.exception()  # nobody may be waiting for it any more

        task.add_done_callback(ended)
        return await asyncio.shield(task)

    async def finish(self, timeout_s: float) -> None:
        """Waits for what is under way."""
        if self._running:
            await asyncio.wait(self._running, timeout=timeout_s)
