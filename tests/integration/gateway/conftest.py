"""A gateway over real partitions and a real ledger, in one process and without Ray."""

from collections.abc import AsyncIterator

import pytest_asyncio
from support.house import House, InProcess, listening, running

from headrace.runtime.settings import Settings

__all__ = ["House", "InProcess", "listening", "running"]


@pytest_asyncio.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    async with running(settings) as house:
        yield house
