"""A load test that is told to end leaves nothing running."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
ENDING = (signal.SIGINT, signal.SIGTERM)


def run(work: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run does, but SIGINT and SIGTERM cancel `work`, once, and when it has cleaned up
    SystemExit with 128 and the signal's number is raised."""
    told: list[int] = []

    async def watched() -> T:
        task = asyncio.current_task()
        assert task is not None

        def end(number: int) -> None:
            if not told:
                told.append(number)
                task.cancel()

        for number in ENDING:
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
