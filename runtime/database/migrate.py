"""The schema's way forward: numbered SQL files, each applied once, in order, never undone.

A file that was applied is part of history: its digest is kept, and a change to it is refused. What
is wrong in it, a later file mends. Each file runs in a transaction of its own, together with the
note that it ran.
"""

from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

import asyncpg

from headrace.runtime.database.connect import connect
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.ledger.names import write_names
from headrace.runtime.settings.ledger import LedgerSettings

SERVER_VERSION_MIN = 17_00_00
"""PostgreSQL 17 is the first with transaction_timeout."""

SQL = load("headrace.runtime.database", "migrate")
FUNCTIONS = load("headrace.runtime.journal", "functions")
FORMER_FIRSTS = frozenset(
    {bytes.fromhex("561084e4ee505e0763a43c76458db442a66589039da498f6c85a9351a8877a93")}
)
"""Digests of what 0001_journal was, up to when it was written anew: ledgers made with it have other
account numbers and kinds of records, which nothing brings over."""
_LOCK = int.from_bytes(b"HEADRACE")


class MigrationError(Exception):
    """The ledger and this version of the platform do not fit; `remedy` says what to do."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem}. {self.remedy}"


class Migration(NamedTuple):
    """A numbered file, such as 0001_journal."""

    name: str
    sql: str

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file."""
        return sha256(self.sql.encode()).digest()


def migrations() -> list[Migration]:
    """The packaged files in the order of their numbers, which run from 1 without a gap."""
    folder = files("headrace.runtime.ledger") / "migrations"
    found = sorted(
        Migration(f.name.removesuffix(".sql"), f.read_text("utf-8"))
        for f in folder.iterdir()
        if f.name.endswith(".sql")
    )
    for number, migration in enumerate(found, 1):
        if int(migration.name[:4]) != number:
            raise MigrationError(
                f"migration {number:04} is missing or there twice", "Install headrace again."
            )
    return found


async def migrate(settings: LedgerSettings, partitions: int) -> list[str]:
    """Brings the ledger to this version's schema; returns the names of the files applied now.

    Safe to run at once from several processes. Raises MigrationError, having changed nothing, when
    the ledger does not fit.
    """
    connection = await connect(settings, "headrace migrate")
    try:
        await connection.execute(f"SET lock_timeout = '{settings.migration_timeout_s}s'")
        await connection.execute(SQL["lock"], _LOCK)
        return await _migrate(connection, migrations(), partitions)
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(
            f"another migration has run for more than {settings.migration_timeout_s:g} s",
            "Wait for it, or end it if it hangs.",
        ) from error
    finally:
        await connection.close()


async def _migrate(
    connection: asyncpg.Connection, packaged: list[Migration], partitions: int
) -> list[str]:
    await _check_server(connection)
    await connection.execute(SQL["create_history"])
    rows = await connection.fetch(SQL["history"])
    applied: dict[str, bytes] = {row["name"]: row["digest"] for row in rows}
    _check_history(applied, packaged)
    if applied:
        await _check_partitions(connection, partitions)
    waiting = [m for m in packaged if m.name not in applied]
    if waiting:
        await _write_functions(connection)  # tables and views of migrations are made with them
    for migration in waiting:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(SQL["note"], migration.name, migration.digest)
    await _found(connection, partitions)
    return [m.name for m in waiting]


async def _check_server(connection: asyncpg.Connection) -> None:
    version = int(await connection.fetchval("SHOW server_version_num"))
    if version < SERVER_VERSION_MIN:
        raise MigrationError(
            f"the database server is PostgreSQL {version // 10_000}",
            f"Use PostgreSQL {SERVER_VERSION_MIN // 10_000} or later.",
        )
    if (encoding := await connection.fetchval("SHOW server_encoding")) != "UTF8":
        raise MigrationError(
            f"the database's encoding is {encoding}", "Create the database with ENCODING 'UTF8'."
        )


def _check_history(applied: dict[str, bytes], packaged: list[Migration]) -> None:
    known = {m.name: m.digest for m in packaged}
    if applied.get(packaged[0].name) in FORMER_FIRSTS:
        raise MigrationError(
            "the ledger was made before accounts and records were numbered anew, and can't be"
            " brought over",
            "Move its data directory away, or name an empty database in HEADRACE_DATABASE_URL, and"
            " start again: that makes a new ledger. The headrace that made the old one can still"
            " read it.",
        )
    if newer := sorted(applied.keys() - known.keys()):
        raise MigrationError(
            f"the ledger has {newer[-1]}, which this version does not know",
            "Start it with the newer version of headrace that made it.",
        )
    for name in sorted(applied):
        if applied[name] != known[name]:
            raise MigrationError(
                f"{name} is not the file that was applied to this ledger",
                "Install an unchanged headrace; changes to the schema need a new file.",
            )
    missing = [m.name for m in packaged if m.name not in applied]
    if applied and missing and missing[0] < max(applied):
        raise MigrationError(
            f"{missing[0]} was left out when later ones were applied",
            "Restore the ledger from a backup made by an unchanged headrace.",
        )


async def _check_partitions(connection: asyncpg.Connection, partitions: int) -> None:
    stored = await connection.fetchval(SQL["partitions"])
    if stored is not None and int(stored) != partitions:
        raise MigrationError(
            f"the ledger was made with {stored} partitions, the settings say {partitions}",
            f"Set HEADRACE_PARTITIONS={stored}; an account's partition can't change.",
        )


async def _write_functions(connection: asyncpg.Connection) -> None:
    for statement in FUNCTIONS.values():
        await connection.execute(statement)


async def _found(connection: asyncpg.Connection, partitions: int) -> None:
    """Writes what a ledger is born with; done before, only what is new."""
    async with connection.transaction():
        await _write_functions(connection)
        await write_names(connection)
        await connection.execute(SQL["write_partitions"], str(partitions))
        await connection.execute(SQL["write_leases"], partitions)
