"""Figures that are looked at again and again while something else goes on."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def sampled(look: Callable[[], T], every_s: float) -> AsyncIterator[list[T]]:
    """What `look`, called in a thread, returns as long as the block runs, and once at its end."""
    found: list[T] = []

    async def keep_looking() -> None:
        while True:
            await asyncio.sleep(every_s)
            found.append(await asyncio.to_thread(look))

    looking = asyncio.create_task(keep_looking())
    try:
        yield found
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
    found.append(await asyncio.to_thread(look))
