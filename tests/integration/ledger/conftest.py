"""A ledger with one of everything in it."""

import pytest_asyncio
from support.books import Books
from support.books_written import write
from support.played import play

from headrace.runtime.database.connect import pool
from headrace.runtime.identity import tenants
from headrace.runtime.keys import master_key


@pytest_asyncio.fixture
async def database(settings):
    async with await pool(settings.ledger) as opened:
        yield opened


@pytest_asyncio.fixture
async def books(database, settings):
    tenant, _ = await tenants.create(database, "acme")
    master = master_key.read(settings.keys.master_key_file)
    return Books(database, tenant.number, settings.cell.partitions, master)


@pytest_asyncio.fixture
async def scene(books):
    made = play(books)
    await write(books)
    return made
