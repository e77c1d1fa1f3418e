"""Examples of a whole actor are told over a ledger in memory, beside them; what payments' examples
use is found where it stands. Nothing of the product is imported here, so that a module that can't
be imported fails tests and not the start of them all."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "runtime" / "payments")]

if TYPE_CHECKING:
    from actor_in_memory import House


@pytest.fixture
async def no_waiting() -> AsyncIterator[None]:
    """The loop's clock jumps to whatever is waited for next: pauses take no time and are as long
    as they say."""
    loop = asyncio.get_running_loop()
    selector = loop._selector
    select, time, ahead = selector.select, loop.time, 0.0

    def jump(timeout: float | None = None) -> object:
        nonlocal ahead
        events = select(0 if timeout is not None else None)
        if not events and timeout is not None:
            ahead += timeout
        return events

    selector.select, loop.time = jump, lambda: time() + ahead
    yield
    selector.select, loop.time = select, time


@pytest.fixture
def logged() -> Iterator[list[dict[str, object]]]:
    with capture_logs() as logs:
        yield logs


@pytest.fixture
async def house(
    no_waiting: None, logged: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["House"]:
    """An actor of two partitions, not started yet."""
    from actor_in_memory import House

    house = House(monkeypatch)
    yield house
    await house.actor.stop()
