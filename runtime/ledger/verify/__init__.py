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
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import asyncpg
from msgspec import Struct

from headrace.runtime.database.connect import Connection, connect
from headrace.runtime.keys import subject_keys
from headrace.runtime.ledger.verify.by_code import (
    accounts_are_at_home,
    migrations_are_the_packaged,
    names_are_the_codes,
)
from headrace.runtime.ledger.verify.by_sql import BY_SQL
from headrace.runtime.ledger.verify.fingerprints import fingerprints_are_the_requests
from headrace.runtime.ledger.verify.found import Ask, Found
from headrace.runtime.ledger.verify.schema import schema_is_the_migrations
from headrace.runtime.settings.ledger import LedgerSettings

_BY_CODE: tuple[Ask, ...] = (
    accounts_are_at_home, fingerprints_are_the_requests, schema_is_the_migrations,
    migrations_are_the_packaged, names_are_the_codes,
)  # fmt: skip
CHECKS: dict[str, Ask] = {**BY_SQL, **{ask.__name__: ask for ask in _BY_CODE}}
"""By name, in the order in which a verdict has them."""
LONGEST_FIRST = (
    "fingerprints_are_the_requests", "balances_follow", "states_follow", "amounts_add_up",
    "legs_arrive_once", "parties_are_the_payments", "sequences_are_whole", "keys_are_used_once",
)  # fmt: skip
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
) -> Verdict:
    """Runs every check, also after one has failed; `begun` and `ended` hear of each. Without a
    master key sealed texts count as unchecked.

    Raises what asyncpg and the network raise, and MasterKeyError for another ledger's master key.
    """
    async with AsyncExitStack() as open_ones:
        first = await open_ones.enter_async_context(_reading(settings, None))
        snapshot = await first.fetchval("SELECT pg_export_snapshot()")
        master = await subject_keys.at_hand(first, master_key_file)
        asks = CHECKS | {PRINTS: partial(fingerprints_are_the_requests, master=master)}
        others = [_reading(settings, snapshot) for _ in range(CONNECTIONS - 1)]
        connections = [first, *[await open_ones.enter_async_context(o) for o in others]]
        waiting = sorted(CHECKS, key=lambda n: LONGEST_FIRST.index(n) if n in LONGEST_FIRST else 99)
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
    checks = [found[name] for name in CHECKS]
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
