"""Partition actors on a real ledger, in this process and without Ray."""

from collections.abc import AsyncIterator

import pytest_asyncio
from support.cell import Cell, running_cell

from headrace.runtime.settings import Settings


@pytest_asyncio.fixture
async def cell(settings: Settings) -> AsyncIterator[Cell]:
    async with running_cell(settings) as cell:
        yield cell
