"""Loops that must not end: when one does, the process ends too, told, so that whoever watches it
starts it anew. A process that lives on without its loop looks healthy and does nothing.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger("headrace.endless")

EXIT_STATUS = 70
"""EX_SOFTWARE of sysexits.h: an internal error."""

_running: set[asyncio.Task[None]] = set()
"""asyncio itself keeps no task alive that nobody else holds."""


def end_process(name: str) -> None:
    """Ends this process at once, whatever else it was doing; `name` is of the loop that ended."""
    os._exit(EXIT_STATUS)


def endless(
    name: str, loop: Callable[[], Awaitable[None]], end: Callable[[str], None] = end_process
) -> asyncio.Task[None]:
    """Runs a loop until its task is cancelled. One that returns or raises is logged with its
    traceback, and `end` is called with its name; the task itself never raises anything else.

    A cancellation that nobody asked this task for (a future that the loop awaits was cancelled)
    is such an end.
    """
    task = asyncio.create_task(_run(name, loop, end), name=name)
    _running.add(task)
    task.add_done_callback(_running.discard)
    return task


async def _run(name: str, loop: Callable[[], Awaitable[None]], end: Callable[[str], None]) -> None:
    try:
        await loop()
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        log.critical("loop_ended", loop=name, exc_info=True)
    except Exception:
        log.critical("loop_ended", loop=name, exc_info=True)
    else:
        log.critical("loop_ended", loop=name, reason="it returned")
    end(name)
