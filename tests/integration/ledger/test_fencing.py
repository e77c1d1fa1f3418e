"""Who may take leases over from whom, on a real ledger."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from headrace.actors.writer import Deposed, Writer
from headrace.runtime.database.connect import connect
from headrace.runtime.ledger import fencing
from headrace.runtime.settings import Settings

OLDER, NEWER = "20260101T000000-a", "20260102T000000-a"


@pytest_asyncio.fixture
async def ledger(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(settings.ledger)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def writers(settings: Settings) -> AsyncIterator[Any]:
    made: list[Writer] = []

    def writer(name: str, partitions: list[int], cluster: str = "") -> Writer:
        made.append(Writer(settings.ledger, name, partitions, cluster))
        return made[-1]

    yield writer
    for each in made:
        await each.close()


async def until(ledger: asyncpg.Connection, condition: str, *arguments: object) -> None:
    """Asks until it is true of a connection to the server, for 10 s at most."""
    async with asyncio.timeout(60):
        while not await ledger.fetchval(  # noqa: ASYNC110  # the server tells nobody
            f"SELECT {condition}", *arguments
        ):
            await asyncio.sleep(0.01)


async def holders(ledger: asyncpg.Connection) -> dict[int, str]:
    rows = await ledger.fetch("SELECT partition, holder FROM leases WHERE holder <> ''")
    return {r["partition"]: r["holder"] for r in rows}


async def test_a_predecessor_that_looked_just_before_its_successor_claimed(
    ledger: asyncpg.Connection, settings: Settings, writers: Any
) -> None:
    old = writers("old", [0, 1])
    await old.take_over(first=True)
    successor = await connect(settings.ledger)
    async with successor.transaction():
        await successor.execute("SELECT FROM leases WHERE partition = 0 FOR UPDATE")
        again = asyncio.create_task(old.take_over(first=False))
        await until(
            ledger,
            "EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND application_name LIKE 'headrace writer old%')",
        )
        await successor.execute("UPDATE leases SET holder = 'new/1', epoch = epoch + 1")
    await successor.close()
    with pytest.raises(Deposed):
        await again
    assert set((await holders(ledger)).values()) == {"new/1"}


async def test_a_deposed_writer_does_not_end_its_successor_s_commit(
    ledger: asyncpg.Connection, settings: Settings, writers: Any
) -> None:
    old, new = writers("old", [0]), writers("new", [0])
    await old.take_over(first=True)
    await new.take_over(first=True)
    working = new._writing
    async with working.transaction():
        await working.execute("SELECT FROM leases WHERE partition = 0 FOR UPDATE")
        with pytest.raises(Deposed):
            await old.take_over(first=False)
        assert await working.fetchval("SELECT 1") == 1


async def test_leases_are_claimed_all_or_none(ledger: asyncpg.Connection, writers: Any) -> None:
    both = writers("both", [0, 1])
    await both.take_over(first=True)
    await writers("other", [1]).take_over(first=True)
    epochs = "SELECT partition, epoch FROM leases ORDER BY partition"
    before = await ledger.fetch(epochs)
    with pytest.raises(Deposed):
        await both.take_over(first=False)
    assert await ledger.fetch(epochs) == before


async def test_an_older_cluster_does_not_take_back_what_a_newer_one_holds(
    ledger: asyncpg.Connection, writers: Any
) -> None:
    await writers("actor", [0], OLDER).take_over(first=True)
    newer = writers("actor", [0], NEWER)
    await newer.take_over(first=True)
    back = writers("actor.1", [0], OLDER)
    with pytest.raises(Deposed):
        await back.take_over(first=True)
    await newer.close()
    await until(
        ledger,
        "NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name LIKE '%' || $1)",
        newer.holder,
    )
    await back.take_over(first=True)
    assert await holders(ledger) == {0: back.holder}


async def test_a_cluster_that_holds_elsewhere_is_not_gone(writers: Any) -> None:
    lost, other = writers("actor-0", [0], NEWER), writers("actor-1", [1], NEWER)
    await lost.take_over(first=True)
    await other.take_over(first=True)
    await lost.close()
    with pytest.raises(Deposed):
        await writers("actor-0", [0], OLDER).take_over(first=True)


async def test_an_answer_from_memory_is_guarded_by_the_epochs(
    ledger: asyncpg.Connection, writers: Any
) -> None:
    old = writers("old", [0, 1])
    stands = [partition for partition, _ in (await old.take_over(first=True)).values()]
    await fencing.still_held(ledger, stands)
    await writers("new", [1]).take_over(first=True)
    with pytest.raises(fencing.Fenced) as error:
        await fencing.still_held(ledger, stands)
    assert error.value.args == ([1],)


async def test_a_lease_row_that_is_missing_is_told(
    ledger: asyncpg.Connection, writers: Any
) -> None:
    await ledger.execute("DELETE FROM leases WHERE partition = 1")
    with pytest.raises(LookupError, match="1"):
        await writers("actor", [0, 1]).take_over(first=True)
