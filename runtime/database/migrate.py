"""The schema's way forward: numbered SQL files of each area, each applied once, never undone.

Areas come in the order of the registry, and all files of one before those of the next. So a file
may count on earlier files of its area and on earlier areas, never on later ones. An older ledger
gets an earlier area's newest file after a later area's first ones, a fresh ledger before them: so a
file adds to what its area has, or changes what no later area's files use.

A file that was applied is part of history: its digest is kept, and a change to it is refused. What
is wrong in it, a later file mends. Each file runs in a transaction of its own, together with the
note that it ran.
"""

from collections.abc import Sequence

import asyncpg

from headrace.runtime.database.area import Area, Migration, MigrationError
from headrace.runtime.database.connect import connect
from headrace.runtime.database.platform import SQL as PLATFORM
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.settings.ledger import LedgerSettings

SERVER_VERSION_MIN = 17_00_00
"""PostgreSQL 17 is the first with transaction_timeout."""

SQL = load("headrace.runtime.database", "migrate")
_LOCK = int.from_bytes(b"HEADRACE")


def migrations(areas: Sequence[Area]) -> list[Migration]:
    """All areas' packaged files, in the order in which they are applied."""
    return [migration for area in areas for migration in area.migrations()]


async def migrate(settings: LedgerSettings, areas: Sequence[Area], partitions: int) -> list[str]:
    """Brings the ledger to this version's schema; returns the names of the files applied now.

    Safe to run at once from several processes. Raises MigrationError, having changed nothing, when
    the ledger does not fit.
    """
    connection = await connect(settings, "headrace migrate")
    try:
        await connection.execute(f"SET lock_timeout = '{settings.migration_timeout_s}s'")
        await connection.execute(SQL["lock"], _LOCK)
        return await _migrate(connection, areas, partitions)
    except asyncpg.LockNotAvailableError as error:
        raise MigrationError(
            f"another migration has run for more than {settings.migration_timeout_s:g} s",
            "Wait for it, or end it if it hangs.",
        ) from error
    finally:
        await connection.close()


async def _migrate(
    connection: asyncpg.Connection, areas: Sequence[Area], partitions: int
) -> list[str]:
    await _check_server(connection)
    packaged = migrations(areas)
    applied = await _applied(connection)
    _check_history(applied, packaged)
    if applied:
        await _check_partitions(connection, partitions)
    waiting = [m for m in packaged if (m.area, m.number) not in applied]
    if waiting:
        await _write_functions(connection, areas)  # tables and views are made with them
    for m in waiting:
        async with connection.transaction():
            await connection.execute(m.sql)
            await connection.execute(SQL["note"], m.area, m.number, m.file, m.digest)
    await _found(connection, areas, partitions)
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


async def _applied(connection: asyncpg.Connection) -> dict[tuple[str, int], tuple[str, bytes]]:
    """File and digest of what was applied, by area and number."""
    if await connection.fetchval(SQL["is_former"]):
        raise MigrationError(
            "the ledger was made before accounts, records and migrations were numbered anew, and"
            " can't be brought over",
            "Move its data directory away, or name an empty database in HEADRACE_DATABASE_URL, and"
            " start again: that makes a new ledger. The headrace that made the old one can still"
            " read it.",
        )
    await connection.execute(SQL["create_history"])
    rows = await connection.fetch(SQL["history"])
    return {(row["area"], row["number"]): (row["name"], row["digest"]) for row in rows}


def _check_history(
    applied: dict[tuple[str, int], tuple[str, bytes]], packaged: list[Migration]
) -> None:
    known = {(m.area, m.number): m for m in packaged}
    if newer := sorted(applied.keys() - known.keys()):
        area, number = newer[-1]
        raise MigrationError(
            f"the ledger has {area}/{applied[area, number][0]}, which this version does not know",
            "Start it with the newer version of headrace that made it.",
        )
    newest: dict[str, int] = {}
    for (area, number), (file, digest) in applied.items():
        newest[area] = max(newest.get(area, number), number)
        if (file, digest) != (known[area, number].file, known[area, number].digest):
            raise MigrationError(
                f"{area}/{file} is not the file that was applied to this ledger",
                "Install an unchanged headrace; changes to the schema need a new file.",
            )
    for key, migration in known.items():
        if key not in applied and migration.number < newest.get(migration.area, migration.number):
            raise MigrationError(
                f"{migration.name} was left out when later ones were applied",
                "Restore the ledger from a backup made by an unchanged headrace.",
            )


async def _check_partitions(connection: asyncpg.Connection, partitions: int) -> None:
    stored = await connection.fetchval(PLATFORM["partitions"])
    if stored is not None and int(stored) != partitions:
        raise MigrationError(
            f"the ledger was made with {stored} partitions, the settings say {partitions}",
            f"Set HEADRACE_PARTITIONS={stored}; an account's partition can't change.",
        )


async def _write_functions(connection: asyncpg.Connection, areas: Sequence[Area]) -> None:
    for area in areas:
        for statement in area.functions.values():
            await connection.execute(statement)


async def _found(connection: asyncpg.Connection, areas: Sequence[Area], partitions: int) -> None:
    """Writes what a ledger is born with; done before, only what is new."""
    async with connection.transaction():
        await _write_functions(connection, areas)
        for area in areas:
            named = [(subject, m.value, m.name.lower())
                     for subject, members in area.names.items() for m in members]  # fmt: skip
            if named:
                columns = map(list, zip(*named, strict=True))
                await connection.execute(PLATFORM["write_names"], *columns)
            await area.founding(connection, partitions)
