"""Whether a ledger keeps what must always hold: `CHECKS` lists it, and each says what it means.

All checks look at one snapshot, so that a ledger can be verified while payments go on. They share a
few connections: what Python makes (fingerprints) goes on beside what PostgreSQL does. Two cores
take 18 s for a million records (measured with 400,000, which fit into memory).

What stays unseen, because all that says otherwise could be written anew with it: a history that was
rewritten as a whole and agrees with itself. Such are an amount changed everywhere it stands (with
every balance after it, and a fingerprint made for it), a record and all that came of it taken off
the end of its partitions (and their leases set back), another trace, key, risk score or model, or a
batch's list of keys. Only digests chained from record to record, kept elsewhere, can tell.
tests/integration/ledger/test_verify.py has them by name.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import asyncpg
from msgspec import Struct

from headrace.runtime.areas import AREAS
from headrace.runtime.database.area import Area
from headrace.runtime.database.check import Ask, Found
from headrace.runtime.database.connect import Connection, connect
from headrace.runtime.keys import subject_keys
from headrace.runtime.ledger.verify.fingerprints import fingerprints_are_the_requests
from headrace.runtime.settings.ledger import LedgerSettings
from headrace.runtime.verify.packaged import migrations_are_the_packaged, names_are_the_codes
from headrace.runtime.verify.schema import schema_is_the_migrations

_OF_ALL = (schema_is_the_migrations, migrations_are_the_packaged, names_are_the_codes)
"""What is asked about all areas at once."""


def checks_of(areas: Sequence[Area]) -> dict[str, Ask]:
    """By name, in the order in which a verdict has them: each area's own, then those of all."""
    own = {name: ask for area in areas for name, ask in area.checks.items()}
    return own | {ask.__name__: partial(ask, areas) for ask in _OF_ALL}


CHECKS = checks_of(AREAS)
LONGEST_FIRST = tuple(name for area in AREAS for name in area.slowest)
PRINTS = fingerprints_are_the_requests.__name__
CONNECTIONS = 3
WORK_MEM = "256MB"
"""For one sort or hash at a time; a larger ledger spills to disk."""


class Check(Struct, frozen=True):
    """`result`: pass, warning or fail. `figure` is what was looked at or came out; `detail` how
    much is wrong, or wants a look, and where first."""

    name: str
    result: str
    figure: str
    detail: str = ""
    seconds: float = 0.0


class Verdict(Struct, frozen=True):
    """Passes unless a check fails; a warning is no failure."""

    result: str
    checks: list[Check]


Begun = Callable[[str], None]
Ended = Callable[[Check], None]


async def verify(
    settings: LedgerSettings,
    ended: Ended = lambda check: None,
    begun: Begun = lambda name: None,
    master_key_file: str = "",
    areas: Sequence[Area] = AREAS,
) -> Verdict:
    """Runs every check, also after one has failed; `begun` and `ended` hear of each. Without a
    master key sealed texts count as unchecked.

    Raises what asyncpg and the network raise, and MasterKeyError for another ledger's master key.
    """
    async with AsyncExitStack() as open_ones:
        first = await open_ones.enter_async_context(_reading(settings, None))
        snapshot = await first.fetchval("SELECT pg_export_snapshot()")
        master = await subject_keys.at_hand(first, master_key_file)
        asks = checks_of(areas)
        if PRINTS in asks:
            asks[PRINTS] = partial(fingerprints_are_the_requests, master=master)
        slowest = [name for area in areas for name in area.slowest]
        others = [_reading(settings, snapshot) for _ in range(CONNECTIONS - 1)]
        connections = [first, *[await open_ones.enter_async_context(o) for o in others]]
        waiting = sorted(asks, key=lambda n: slowest.index(n) if n in slowest else len(slowest))
        found: dict[str, Check] = {}

        async def work(connection: Connection) -> None:
            while waiting:
                name = waiting.pop(0)
                begun(name)
                found[name] = await _check(connection, name, asks[name])
                ended(found[name])

        tasks = [asyncio.create_task(work(connection)) for connection in connections]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    checks = [found[name] for name in asks]
    failed = any(check.result == "fail" for check in checks)
    return Verdict("fail" if failed else "pass", checks)


@asynccontextmanager
async def _reading(settings: LedgerSettings, snapshot: str | None) -> AsyncIterator[Connection]:
    """A connection in a transaction that sees the snapshot; None: its own."""
    connection = await connect(settings, "headrace verify")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            if snapshot is not None:
                await connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
            await connection.execute(
                f"SET LOCAL work_mem = '{WORK_MEM}'; SET LOCAL statement_timeout = 0;"
                " SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            yield connection
    finally:
        await connection.close()


async def _check(connection: Connection, name: str, ask: Ask) -> Check:
    begun = time.monotonic()
    try:
        async with connection.transaction():
            found = await ask(connection)
    except asyncpg.DataError as error:
        found = Found("unreadable", 1, str(error))
    seconds = round(time.monotonic() - begun, 3)
    if found.wrong:
        detail = f"{found.wrong} wrong, first {found.first}"
        return Check(name, "fail", found.figure, detail, seconds)
    if found.late:
        detail = f"{found.late} to look at, first {found.latest}"
        return Check(name, "warning", found.figure, detail, seconds)
    return Check(name, "pass", found.figure, "", seconds)
