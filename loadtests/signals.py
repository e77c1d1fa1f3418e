"""A load test that is told to end leaves nothing running."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STEP_TIMEOUT_S = 90.0
"""Of each step of cleaning up; what a step waits for has bounds of its own, which are shorter."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run does, but SIGINT, SIGTERM and SIGHUP cancel `work`, once, and when it has
    cleaned up SystemExit with 128 and the signal's number is raised."""
    told: list[int] = []

    async def watched() -> T:
        task = asyncio.current_task()
        assert task is not None

        def end(number: int) -> None:
            if not told:
                told.append(number)
                task.cancel()

        for number in ENDING:
            if signal.getsignal(number) is signal.SIG_IGN:  # as under nohup
                continue
            asyncio.get_running_loop().add_signal_handler(number, end, number)
        return await work

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        if not told:
            raise
        raise SystemExit(128 + told[0]) from None


async def to_its_end(cleaning_up: Coroutine[Any, Any, None]) -> None:
    """Goes on while it is cancelled, and only then raises CancelledError."""
    task = asyncio.ensure_future(cleaning_up)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


async def in_turn(*steps: Callable[[], Coroutine[Any, Any, Any]]) -> None:
    """Every step of cleaning up, however those before it went: what went wrong is said.

    A step that is late is cancelled and left alone.
    """
    for step in steps:
        task = asyncio.ensure_future(step())
        await asyncio.wait({task}, timeout=STEP_TIMEOUT_S)
        name = getattr(step, "__qualname__", repr(step))
        if not task.done():
            task.cancel()
            print(f"{name} took longer than {STEP_TIMEOUT_S:.0f} s", file=sys.stderr)
        elif (error := task.exception()) is not None:
            print(f"{name}: {error!r}", file=sys.stderr)
