"""What an area tells of its part of the database, and what of that it may leave out."""

from hashlib import sha256
from typing import Any

import pytest

from headrace.runtime.database.area import Area, Migration
from headrace.runtime.database.check import Found, by_sql


async def test_an_area_that_tells_only_its_package_has_nothing_else() -> None:
    area = Area("headrace.runtime.risk")
    nobody: Any = None
    assert area.name == "risk"
    assert await area.founding(nobody, 4) is None  # type: ignore[func-returns-value]  # that's it
    assert await area.differing(nobody) == Found("nothing", 0, None, 0, None)
    assert (area.names, area.functions, area.checks, area.slowest) == ({}, {}, {}, ())
    assert (area.migrations(), area.schema()) == ([], [])


def test_an_area_with_tables_has_its_files() -> None:
    ledger = Area("headrace.runtime.ledger")
    assert ledger.migrations()[0].name == "ledger/0001_journal"
    assert len(ledger.schema()) > 10


def test_a_migration_is_known_by_its_number_and_its_digest() -> None:
    migration = Migration("ledger", "0123_more_of_it", "SELECT 1")
    assert (migration.name, migration.number) == ("ledger/0123_more_of_it", 123)
    assert migration.digest == sha256(b"SELECT 1").digest()


# Checks


@pytest.mark.parametrize(
    "row",
    [
        {"figure": "3 things", "wrong": 2, "first": "1:4"},
        {"figure": "3 things", "wrong": 0, "first": None, "late": 1, "latest": "1:5"},
    ],
)
async def test_a_check_in_sql_tells_the_row_that_its_statement_returns(
    told: Any, monkeypatch: pytest.MonkeyPatch, row: dict[str, Any]
) -> None:
    statements = {"one": {"alone": "SELECT 1"}, "two": {"given": "SELECT $1", "other": "SELECT 2"}}
    monkeypatch.setattr(
        "headrace.runtime.database.check.load", lambda package, file: statements[file]
    )
    checks = by_sql("package", ["one", "two"], {"given": [[7, 8]]})
    assert list(checks) == ["alone", "given", "other"]
    db = told({}, **{sql: [row] for of in statements.values() for sql in of.values()})
    found = [await check(db) for check in checks.values()]
    assert found == [Found(**row)] * 3
    assert db.asked == [("SELECT 1", ()), ("SELECT $1", ([7, 8],)), ("SELECT 2", ())]


def test_a_check_that_says_no_more_found_nothing_wrong_or_late() -> None:
    assert Found("3 things") == ("3 things", 0, None, 0, None)
