"""What several kinds of fault are looked for in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from support.house import House, running
from support.ledgers import fresh_ledger


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def empty_house(
    postgres_url: str, migrated_template: str, master_key_file: Path
) -> AsyncIterator[House]:
    """One gateway and its ledger for all tests of a file, without accounts."""
    async with (
        fresh_ledger(postgres_url, migrated_template, master_key_file) as settings,
        running(settings) as house,
    ):
        yield house
