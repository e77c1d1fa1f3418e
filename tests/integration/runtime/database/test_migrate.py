"""The schema's way forward, on a real PostgreSQL."""

import asyncio
import pickle
from dataclasses import dataclass

import pytest

from headrace.runtime.database import migrate as subject
from headrace.runtime.database.connect import connect
from headrace.runtime.database.migrate import Migration, MigrationError, migrate, migrations
from headrace.runtime.settings import Settings


@dataclass
class Sql:
    """Runs statements on the test's ledger."""

    settings: Settings

    async def __call__(self, statement: str) -> list[tuple[object, ...]]:
        connection = await connect(self.settings.ledger)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()


@pytest.fixture
def sql(settings: Settings) -> Sql:
    return Sql(settings)


async def empty(sql: Sql) -> None:
    await sql("DROP SCHEMA public CASCADE")
    await sql("CREATE SCHEMA public")


async def test_a_fresh_ledger_gets_every_migration_and_its_leases(settings, sql):
    await empty(sql)
    assert await migrate(settings.ledger, settings.cell.partitions) == [
        m.name for m in migrations()
    ]
    assert await sql("SELECT value FROM platform WHERE name = 'partitions'") == [
        (str(settings.cell.partitions),)
    ]
    assert await sql("SELECT count(*), min(partition), max(partition) FROM leases") == [
        (settings.cell.partitions, 0, settings.cell.partitions - 1)
    ]


async def test_a_second_time_changes_nothing(settings, sql):
    await sql("UPDATE leases SET epoch = 7")
    assert await migrate(settings.ledger, settings.cell.partitions) == []
    assert await sql("SELECT DISTINCT epoch FROM leases") == [(7,)]


async def test_several_processes_at_once_apply_each_file_once(settings, sql):
    await empty(sql)
    results = await asyncio.gather(
        *(migrate(settings.ledger, settings.cell.partitions) for _ in range(4))
    )
    assert sorted(map(len, results)) == [0, 0, 0, len(migrations())]


async def test_what_an_interrupted_start_left_out_is_made_up_for(settings, sql):
    await sql("DELETE FROM platform")
    await sql("DELETE FROM leases WHERE partition > 3")
    await migrate(settings.ledger, settings.cell.partitions)
    assert await sql("SELECT count(*) FROM leases") == [(settings.cell.partitions,)]


async def test_another_number_of_partitions_is_refused(settings):
    with pytest.raises(MigrationError, match=f"HEADRACE_PARTITIONS={settings.cell.partitions}"):
        await migrate(settings.ledger, 8)


async def test_a_ledger_of_a_newer_version_is_refused(settings, sql):
    await sql("INSERT INTO migrations (name, digest) VALUES ('9999_future', '')")
    with pytest.raises(MigrationError, match="newer version"):
        await migrate(settings.ledger, settings.cell.partitions)


async def test_a_ledger_from_before_the_first_files_were_written_anew_is_told_what_to_do(
    settings, sql
):
    former = next(iter(subject.FORMER_FIRSTS)).hex()
    await sql(f"UPDATE migrations SET digest = '\\x{former}' WHERE name = '0001_journal'")
    await sql("INSERT INTO migrations (name, digest) VALUES ('0004_batches', '')")
    with pytest.raises(MigrationError, match=r"can't be brought over.*data directory away.*new"):
        await migrate(settings.ledger, settings.cell.partitions)


async def test_an_applied_file_that_changed_is_refused(settings, sql, monkeypatch):
    first, *others = migrations()
    changed = [Migration(first.name, first.sql + "\n"), *others]
    monkeypatch.setattr(subject, "migrations", lambda: changed)
    with pytest.raises(MigrationError, match=f"{first.name} is not the file"):
        await migrate(settings.ledger, settings.cell.partitions)


async def test_an_older_ledger_gets_only_what_is_new_and_a_failed_file_leaves_nothing(
    settings, sql, monkeypatch
):
    known = migrations()
    good = Migration("9998_good", "CREATE TABLE good ()")
    bad = Migration("9999_bad", "CREATE TABLE half (); SELECT 1 / 0")
    monkeypatch.setattr(subject, "migrations", lambda: [*known, good, bad])
    with pytest.raises(Exception, match="division by zero"):
        await migrate(settings.ledger, settings.cell.partitions)
    assert await sql("SELECT to_regclass('good') IS NULL, to_regclass('half') IS NULL") == [
        (False, True)
    ]
    mended = Migration("9999_bad", "CREATE TABLE half ()")
    monkeypatch.setattr(subject, "migrations", lambda: [*known, good, mended])
    assert await migrate(settings.ledger, settings.cell.partitions) == ["9999_bad"]


async def test_waiting_for_another_migration_ends(settings):
    short = settings.replace(migration_timeout_s=0.1)
    holder = await connect(settings.ledger)
    try:
        await holder.execute("SELECT pg_advisory_lock($1)", subject._LOCK)
        with pytest.raises(MigrationError, match="another migration"):
            await migrate(short.ledger, short.cell.partitions)
    finally:
        await holder.close()


def test_the_error_keeps_its_remedy_through_pickling():
    error = pickle.loads(pickle.dumps(MigrationError("this is wrong", "Do that.")))
    assert (error.problem, error.remedy) == ("this is wrong", "Do that.")
    assert str(error) == "this is wrong. Do that."
