"""Which ledgers a version of the platform may touch, before it touches one."""

import pytest

from headrace.runtime.database.migrate import (
    SQL,
    Migration,
    MigrationError,
    _check_history,
    _check_partitions,
    _check_server,
    _migrate,
    migrations,
)
from headrace.runtime.journal.kinds import kind_rows

PACKAGED = [Migration(f"000{n}_{n}", f"SELECT {n}") for n in (1, 2, 3)]
DIGESTS = {m.name: m.digest for m in PACKAGED}


def test_migrations_are_numbered_from_one_without_a_gap() -> None:
    names = [m.name for m in migrations()]
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert not any(name.endswith(".sql") for name in names)


@pytest.mark.parametrize("count", range(4))
def test_a_ledger_with_the_first_few_is_fine(count: int) -> None:
    _check_history(dict(list(DIGESTS.items())[:count]), PACKAGED)


@pytest.mark.parametrize(
    ("applied", "says"),
    [
        ({**DIGESTS, "0004_4": b"x", "0005_5": b"y"}, "the ledger has 0005_5"),
        ({**DIGESTS, "0002_2": b"x"}, "0002_2 is not the file that was applied"),
        ({**DIGESTS, "0003_3": b"x"}, "0003_3 is not the file that was applied"),
        ({n: d for n, d in DIGESTS.items() if n != "0001_1"}, "0001_1 was left out"),
        ({n: d for n, d in DIGESTS.items() if n != "0002_2"}, "0002_2 was left out"),
        ({"0003_3": DIGESTS["0003_3"]}, "0001_1 was left out"),
        ({"0002_2": DIGESTS["0002_2"]}, "0001_1 was left out"),
    ],
)
def test_another_history_is_refused_and_says_what_to_do(
    applied: dict[str, bytes], says: str
) -> None:
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
    await _check_partitions(told(SQL, partitions=stored), 64)


@pytest.mark.parametrize("partitions", [63, 65])
async def test_a_ledger_of_other_partitions_is_refused(told, partitions: int) -> None:
    with pytest.raises(MigrationError, match="made with 64 partitions") as error:
        await _check_partitions(told(SQL, partitions=["64"]), partitions)
    assert "HEADRACE_PARTITIONS=64" in error.value.remedy


class Transaction:
    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *error: object) -> None: ...


async def test_what_waits_is_applied_in_order_noted_and_told(told) -> None:
    sql = SQL | {"version": "SHOW server_version_num", "encoding": "SHOW server_encoding"}
    applied = [{"name": m.name, "digest": m.digest} for m in PACKAGED[:1]]
    db = told(
        sql, version=["180000"], encoding=["UTF8"], history=applied, partitions=["64"],
        kinds=list(kind_rows().values()), states=[],
    )  # fmt: skip
    db.transaction = Transaction
    assert await _migrate(db, PACKAGED, 64) == ["0002_2", "0003_3"]
    done = [name for name in db.names() if name.startswith(("SELECT", "note"))]
    assert done == ["SELECT 2", "note", "SELECT 3", "note"]
    notes = [arguments for name, arguments in db.asked if name == "note"]
    assert notes == [(m.name, m.digest) for m in PACKAGED[1:]]
    founded = {name: arguments for name, arguments in db.asked if name.startswith("write")}
    assert founded["write_partitions"] == ("64",)
    assert {"write_states"} == founded.keys() & {"write_kinds", "write_states"}
    assert founded["write_leases"] == (64,)


async def test_only_a_ledger_that_was_made_is_asked_for_its_partitions(told) -> None:
    sql = SQL | {"version": "SHOW server_version_num", "encoding": "SHOW server_encoding"}
    fresh = told(sql, version=["180000"], encoding=["UTF8"], history=[], kinds=[], states=[])
    fresh.transaction = Transaction
    assert await _migrate(fresh, PACKAGED, 64) == [m.name for m in PACKAGED]
    applied = [{"name": m.name, "digest": m.digest} for m in PACKAGED]
    made = told(sql, version=["180000"], encoding=["UTF8"], history=applied, partitions=["32"])
    made.transaction = Transaction
    with pytest.raises(MigrationError, match="32 partitions"):
        await _migrate(made, PACKAGED, 64)
