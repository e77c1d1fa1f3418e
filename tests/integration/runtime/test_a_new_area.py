"""A new area is a folder and one line in the registry: whatever walks areas finds what is in it."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from headrace.runtime import areas
from headrace.runtime.database.area import Area, MigrationError
from headrace.runtime.database.connect import connect
from headrace.runtime.database.migrate import migrate
from headrace.runtime.settings import Settings
from headrace.runtime.verify import Verdict, verify

FOLDER = {
    "__init__.py": "",
    "migrations/0001_loans.sql": """
        CREATE TABLE loans (
            id     bigint PRIMARY KEY,
            tenant integer NOT NULL REFERENCES tenants,
            amount bigint NOT NULL,
            paid   bigint NOT NULL DEFAULT 0
        );
    """,
    "migrations/0002_loans_state.sql": "ALTER TABLE loans ADD COLUMN state smallint;",
    "verify/__init__.py": "",
    "verify/sql/loans.sql": """
-- name: loans_are_not_overpaid
SELECT count(*) || ' loans' AS figure, count(*) FILTER (WHERE paid > amount) AS wrong,
       min(id::text) FILTER (WHERE paid > amount) AS first
FROM loans;
    """,
    "area.py": """
from enum import IntEnum

from headrace.runtime.database.area import Area
from headrace.runtime.database.check import by_sql


class LoanState(IntEnum):
    ASKED_FOR = 1
    PAID_OUT = 2


LENDING = Area(
    "lending", names={"loan_state": LoanState}, checks=by_sql("lending.verify", ["loans"])
)
    """,
    "schema.txt": """postgresql 18
column loans amount bigint not null
column loans id bigint not null
column loans paid bigint not null default 0
column loans state smallint
column loans tenant integer not null
constraint loans loans_pkey PRIMARY KEY (id)
constraint loans loans_tenant_fkey FOREIGN KEY (tenant) REFERENCES tenants(number)
index loans loans_pkey CREATE UNIQUE INDEX loans_pkey ON loans USING btree (id)
table loans kind r persistence p
""",
}


@pytest.fixture
def lending(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Area, ...]]:
    """The registry, with the area in it."""
    for name, text in FOLDER.items():
        path = tmp_path / "lending" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield (*areas.AREAS, import_module("lending.area").LENDING)
    for name in [name for name in sys.modules if name.split(".")[0] == "lending"]:
        del sys.modules[name]


async def run(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    connection = await connect(settings.ledger)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


async def verified(settings: Settings, registry: tuple[Area, ...]) -> Verdict:
    return await verify(
        settings.ledger, master_key_file=settings.keys.master_key_file, areas=registry
    )


def red(verdict: Verdict) -> set[str]:
    return {check.name for check in verdict.checks if check.result == "fail"}


async def test_its_migrations_names_and_checks_are_found(settings, lending):
    applied = await migrate(settings.ledger, lending, settings.cell.partitions)
    assert applied == ["lending/0001_loans", "lending/0002_loans_state"]
    assert await run(settings, "SELECT area, number FROM migrations WHERE area = 'lending'") == [
        ("lending", 1), ("lending", 2),
    ]  # fmt: skip
    assert await run(
        settings, "SELECT number, name FROM names WHERE subject = 'loan_state' ORDER BY number"
    ) == [(1, "asked_for"), (2, "paid_out")]
    verdict = await verified(settings, lending)
    assert red(verdict) == set()
    figures = {check.name: check.figure for check in verdict.checks}
    assert figures["loans_are_not_overpaid"] == "0 loans"


async def test_damage_to_it_turns_its_checks_red(settings, lending):
    await migrate(settings.ledger, lending, settings.cell.partitions)
    await run(settings, "INSERT INTO tenants (name) VALUES ('acme')")
    await run(settings, "INSERT INTO loans SELECT 7, number, 10, 11 FROM tenants")
    assert red(await verified(settings, lending)) == {"loans_are_not_overpaid"}
    await run(settings, "UPDATE loans SET paid = 10")
    for damage, check in (
        ("UPDATE names SET name = 'lost' WHERE subject = 'loan_state' AND number = 2",
         "names_are_the_codes"),
        ("ALTER TABLE loans ALTER COLUMN paid DROP DEFAULT", "schema_is_the_migrations"),
        ("DELETE FROM migrations WHERE area = 'lending' AND number = 2",
         "migrations_are_the_packaged"),
    ):  # fmt: skip
        assert check not in red(await verified(settings, lending))
        await run(settings, damage)
        assert check in red(await verified(settings, lending))


async def test_without_its_line_the_ledger_is_a_newer_versions(settings, lending):
    await migrate(settings.ledger, lending, settings.cell.partitions)
    with pytest.raises(MigrationError, match="lending/0002_loans_state, which this version"):
        await migrate(settings.ledger, areas.AREAS, settings.cell.partitions)
