"""A gateway over real partitions, for clients to speak to."""

from collections.abc import AsyncIterator

import pytest_asyncio
from support.house import House, running

from headrace.runtime.settings import Settings


@pytest_asyncio.fixture
async def house(settings: Settings) -> AsyncIterator[House]:
    async with running(settings) as house:
        yield house
