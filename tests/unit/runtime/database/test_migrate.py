"""Which ledgers a version of the platform may touch, before it touches one."""

import re
import sys
from enum import IntEnum
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from headrace.runtime.areas import AREAS
from headrace.runtime.database import migrate as migrating
from headrace.runtime.database.area import Area, Migration, MigrationError
from headrace.runtime.database.migrate import (
    SQL,
    _check_history,
    _check_partitions,
    _check_server,
    _migrate,
    migrate,
    migrations,
)
from headrace.runtime.database.platform import SQL as PLATFORM
from headrace.runtime.database.platform import _found
from headrace.runtime.settings import Settings

FIRST = [Migration("first", f"000{n}_{n}", f"SELECT {n}") for n in (1, 2, 3)]
SECOND = [Migration("second", f"000{n}_{n}", f"SELECT 1{n}") for n in (1, 2)]
PACKAGED = [*FIRST, *SECOND]
Applied = dict[tuple[str, int], tuple[str, bytes]]
APPLIED: Applied = {(m.area, m.number): (m.file, m.digest) for m in PACKAGED}


class Given(Area):
    """An area whose migrations are not files."""

    def migrations(self) -> list[Migration]:
        return [m for m in PACKAGED if m.area == self.name]


GIVEN = (Given("a.first", founding=_found), Given("a.second"))


def test_an_areas_migrations_are_numbered_from_one_without_a_gap() -> None:
    for area in AREAS:
        found = area.migrations()
        assert [m.number for m in found] == list(range(1, len(found) + 1))
        assert not any(m.file.endswith(".sql") for m in found)
    assert {m.area for m in migrations(AREAS)} >= {"database", "identity", "keys", "ledger"}


@pytest.mark.parametrize("files", [("0002_b",), ("0001_a", "0003_c"), ("0001_a", "0001_b")])
def test_a_gap_or_a_number_twice_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: tuple[str, ...]
) -> None:
    folder = tmp_path / "gappy" / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / "gappy" / "__init__.py").touch()
    for file in files:
        (folder / f"{file}.sql").write_text("SELECT 1")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "gappy", raising=False)
    with pytest.raises(MigrationError, match="migration gappy/000"):
        Area("gappy").migrations()


def test_areas_are_applied_one_after_the_other_in_the_registrys_order() -> None:
    assert migrations(GIVEN) == PACKAGED
    assert migrations(GIVEN[::-1]) == [*SECOND, *FIRST]


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize("second", range(3))
def test_a_ledger_with_the_first_few_of_each_area_is_fine(first: int, second: int) -> None:
    some = [*FIRST[:first], *SECOND[:second]]
    _check_history({(m.area, m.number): (m.file, m.digest) for m in some}, PACKAGED)


def without(*keys: tuple[str, int]) -> Applied:
    return {key: row for key, row in APPLIED.items() if key not in keys}


@pytest.mark.parametrize(
    ("applied", "says"),
    [
        (APPLIED | {("first", 4): ("0004_4", b"x")}, "the ledger has first/0004_4"),
        (APPLIED | {("third", 1): ("0001_x", b"x")}, "the ledger has third/0001_x"),
        (APPLIED | {("first", 2): ("0002_2", b"x")}, "first/0002_2 is not the file"),
        (APPLIED | {("second", 2): ("0002_2", b"x")}, "second/0002_2 is not the file"),
        (APPLIED | {("second", 2): ("0002_z", SECOND[1].digest)}, "second/0002_z is not the file"),
        (without(("first", 1)), "first/0001_1 was left out"),
        (without(("first", 2)), "first/0002_2 was left out"),
        (without(("second", 1)), "second/0001_1 was left out"),
        (without(("first", 1), ("first", 2), ("second", 2)), "first/0001_1 was left out"),
    ],
)
def test_another_history_is_refused_and_says_what_to_do(applied: Applied, says: str) -> None:
    with pytest.raises(MigrationError, match=says) as told:
        _check_history(applied, PACKAGED)
    assert told.value.remedy.endswith(".")
    assert str(told.value) == f"{told.value.problem}. {told.value.remedy}"


def server(told, version: str = "170000", encoding: str = "UTF8"):
    sql = {"version": "SHOW server_version_num", "encoding": "SHOW server_encoding"}
    return told(sql, version=[version], encoding=[encoding])


@pytest.mark.parametrize("version", ["170000", "170001", "180000"])
async def test_a_server_from_17_on_will_do(told, version: str) -> None:
    await _check_server(server(told, version))


@pytest.mark.parametrize(
    ("version", "encoding", "says"),
    [
        ("169999", "UTF8", "the database server is PostgreSQL 16. Use PostgreSQL 17 or later"),
        ("160004", "UTF8", "the database server is PostgreSQL 16"),
        ("180000", "SQL_ASCII", "the database's encoding is SQL_ASCII"),
    ],
)
async def test_a_server_that_can_not_hold_a_ledger_is_refused(
    told, version: str, encoding: str, says: str
) -> None:
    with pytest.raises(MigrationError, match=says):
        await _check_server(server(told, version, encoding))


@pytest.mark.parametrize("stored", [["64"], [], [None]])
async def test_a_ledger_of_as_many_partitions_or_of_none_yet_is_fine(told, stored) -> None:
    await _check_partitions(told(PLATFORM, partitions=stored), 64)


@pytest.mark.parametrize("partitions", [63, 65])
async def test_a_ledger_of_other_partitions_is_refused(told, partitions: int) -> None:
    with pytest.raises(MigrationError, match="made with 64 partitions") as error:
        await _check_partitions(told(PLATFORM, partitions=["64"]), partitions)
    assert "HEADRACE_PARTITIONS=64" in error.value.remedy


class Transaction:
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *error: object) -> None: ...


def ledger(told: Any, applied: list[Migration], **answers: list[Any]) -> Any:
    shows = {"version": "SHOW server_version_num", "encoding": "SHOW server_encoding"}
    history = [
        {"area": m.area, "number": m.number, "name": m.file, "digest": m.digest} for m in applied
    ]
    known = {"version": ["180000"], "encoding": ["UTF8"], "is_former": [False], "history": history}
    db = told(SQL | PLATFORM | shows, **(known | answers))
    db.transaction = Transaction
    return db


async def test_what_waits_is_applied_in_order_noted_and_told(told) -> None:
    db = ledger(told, [FIRST[0], SECOND[0]], partitions=["64"])
    waiting = [*FIRST[1:], SECOND[1]]
    assert await _migrate(db, GIVEN, 64) == ["first/0002_2", "first/0003_3", "second/0002_2"]
    done = [name for name in db.names() if name.startswith(("SELECT", "note"))]
    assert done == ["SELECT 2", "note", "SELECT 3", "note", "SELECT 12", "note"]
    notes = [arguments for name, arguments in db.asked if name == "note"]
    assert notes == [(m.area, m.number, m.file, m.digest) for m in waiting]
    founded = {name: arguments for name, arguments in db.asked if name.startswith("write")}
    (ledger_id,) = founded.pop("write_ledger")
    assert re.fullmatch("[0-9a-f]{8}", ledger_id)
    assert founded == {"write_partitions": ("64",)}


async def test_only_a_ledger_that_was_made_is_asked_for_its_partitions(told) -> None:
    fresh = ledger(told, [])
    assert await _migrate(fresh, GIVEN, 64) == [m.name for m in PACKAGED]
    made = ledger(told, PACKAGED, partitions=["32"])
    with pytest.raises(MigrationError, match="32 partitions"):
        await _migrate(made, GIVEN, 64)


async def test_a_ledger_whose_migrations_have_no_areas_is_not_touched(told) -> None:
    former = ledger(told, [], is_former=[True])
    with pytest.raises(MigrationError, match=r"can't be brought over.*data directory away.*new"):
        await _migrate(former, GIVEN, 64)
    assert former.names() == ["version", "encoding", "is_former"]


class Connection:
    """Made for a migration; its lock is another's while `locked`."""

    def __init__(self, told: Any, *, locked: bool = False) -> None:
        self.db = ledger(told, [], partitions=["64"])
        self.closed = False
        self.locked = locked

    def __getattr__(self, name: str) -> Any:
        return getattr(self.db, name)

    async def execute(self, statement: str, *arguments: Any) -> None:
        await self.db.execute(statement, *arguments)
        if self.locked and statement == SQL["lock"]:
            raise asyncpg.LockNotAvailableError("locked")

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def connected(told: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    def be(connection: Connection) -> Connection:
        async def connect(settings: Any, application: str) -> Connection:
            assert application == "headrace migrate"
            return connection

        monkeypatch.setattr(migrating, "connect", connect)
        return connection

    return be


SETTINGS = Settings(migration_timeout_s=7.5).ledger


async def test_one_migrates_at_a_time_and_waits_no_longer_than_it_says(
    told: Any, connected: Any
) -> None:
    connection = connected(Connection(told))
    assert await migrate(SETTINGS, GIVEN, 64) == [m.name for m in PACKAGED]
    assert connection.db.asked[:2] == [
        ("SET lock_timeout = '7.5s'", ()), ("lock", (int.from_bytes(b"HEADRACE", "big"),))
    ]  # fmt: skip
    assert connection.closed


async def test_a_migration_that_another_holds_up_is_told_so(told: Any, connected: Any) -> None:
    connection = connected(Connection(told, locked=True))
    with pytest.raises(MigrationError, match=r"for more than 7\.5 s\. Wait for it"):
        await migrate(SETTINGS, GIVEN, 64)
    assert connection.db.names()[-1] == "lock", "nothing was asked or changed"
    assert connection.closed


async def test_small_numbers_and_functions_are_written_before_what_is_made_of_them(
    told: Any,
) -> None:
    class Colour(IntEnum):
        RED = 1
        BLUE = 4

    area = Given("a.first", names={"colour": Colour}, functions={"f": "CREATE f"})
    db = ledger(told, [])
    await _migrate(db, (area,), 64)
    assert [name for name in db.names() if name.startswith(("CREATE", "SELECT"))] == [
        "CREATE f", "SELECT 1", "SELECT 2", "SELECT 3", "CREATE f",
    ]  # fmt: skip
    assert ("write_names", (["colour"] * 2, [1, 4], ["red", "blue"])) in db.asked
    again = ledger(told, FIRST, partitions=["64"])
    assert await _migrate(again, (area,), 64) == []
    assert again.names().count("CREATE f") == 1, "with what a newer version makes of it"
