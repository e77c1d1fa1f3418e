"""Checks that compare what the ledger says with what the code knows."""

from collections.abc import AsyncIterator
from importlib.resources import files
from typing import Any

import pytest

from headrace.runtime.database.migrate import migrations
from headrace.runtime.journal.account_numbers import PLACE_BITS
from headrace.runtime.journal.kinds import kind_rows
from headrace.runtime.journal.states import state_rows
from headrace.runtime.ledger.names import SQL as TABLES
from headrace.runtime.ledger.names import SUBJECTS, currencies
from headrace.runtime.ledger.verify import by_code, schema
from headrace.runtime.ledger.verify.by_code import SQL
from headrace.runtime.ledger.verify.found import Found
from headrace.runtime.partitioning import partition_of

PARTITIONS = 8


def at_home(id: str, away: int = 0) -> tuple[int, int, str]:
    """Number, tenant and id of an account, so many partitions from where it belongs."""
    partition = (partition_of(5, id, PARTITIONS) + away) % PARTITIONS
    return partition << PLACE_BITS | 4_096, 5, id


async def homes(told, *accounts: tuple[int, int, str]) -> Found:
    class Ledger(told):
        async def cursor(self, statement: str, prefetch: int) -> AsyncIterator[Any]:
            assert statement == SQL["accounts"]
            for account in accounts:
                yield account

    return await by_code.accounts_are_at_home(Ledger(SQL, partitions=[str(PARTITIONS)]))


async def test_accounts_live_where_their_ids_lead(told) -> None:
    assert await homes(told) == Found("0 accounts")
    found = await homes(told, *(at_home(f"id-{n}") for n in range(20)))
    assert found == Found("20 accounts", 0, None)


async def test_accounts_that_live_elsewhere_are_counted_and_the_first_is_told(told) -> None:
    accounts = [at_home("a"), at_home("b", 1), at_home("c", 3), at_home("d")]
    assert await homes(told, *accounts) == Found("4 accounts", 2, "b")


def applied(**changed: bytes) -> list[dict[str, Any]]:
    rows = {m.name: m.digest for m in migrations()} | changed
    return [{"name": name, "digest": digest} for name, digest in rows.items() if digest]


async def test_migrations_are_those_of_the_package(told) -> None:
    async def check(**changed: bytes) -> Found:
        db = told(SQL, migrations=applied(**changed))
        return await by_code.migrations_are_the_packaged(db)

    first, count = migrations()[0].name, len(migrations())
    assert await check() == Found(f"{count} migrations", 0, None)
    assert await check(**{first: b"x"}) == Found(f"{count} migrations", 1, first)
    assert await check(**{first: b""}) == Found(f"{count - 1} migrations", 1, first)
    assert await check(**{"9999_x": b"x"}) == Found(f"{count + 1} migrations", 1, "9999_x")


NAMES = [{"subject": s, "number": m.value, "name": m.name.lower()}
         for s, e in SUBJECTS.items() for m in e]  # fmt: skip


async def test_names_are_those_of_the_code_and_later_ones_do_no_harm(told) -> None:
    async def check(names: list[dict[str, Any]], money: list[Any]) -> Found:
        tables = {"kinds": list(kind_rows().values()), "states": list(state_rows().values())}
        db = told({**SQL, **TABLES}, names=names, currencies=money, **tables)
        return await by_code.names_are_the_codes(db)

    every = len(NAMES) + len(currencies())
    assert await check(NAMES, currencies()) == Found(f"{every} names", 0, None)
    later = [*NAMES, {"subject": "role", "number": 999, "name": "later"}]
    assert (await check(later, currencies())).wrong == 0
    renamed = [{**NAMES[0], "name": "x"}, *NAMES[1:]]
    told_first = f"{NAMES[0]['subject']} {NAMES[0]['number']}"
    assert await check(renamed, currencies()) == Found(f"{every} names", 1, told_first)
    assert (await check(NAMES[1:], currencies())).wrong == 1
    (number, code, units), *others = currencies()
    lost = await check(NAMES, others)
    assert (lost.wrong, lost.first) == (1, code)
    scaled = await check(NAMES, [(number, code, units + 1), *others])
    assert (scaled.wrong, scaled.first) == (1, code)


async def test_kinds_and_states_are_those_of_the_code_and_later_ones_do_no_harm(told) -> None:
    kinds, states = list(kind_rows().values()), list(state_rows().values())

    async def check(kinds: list[Any], states: list[Any]) -> Found:
        db = told(
            {**SQL, **TABLES}, names=NAMES, currencies=currencies(), kinds=kinds, states=states
        )
        return await by_code.names_are_the_codes(db)

    later = {**kinds[0], "number": 999}
    assert (await check([*kinds, later], states)).wrong == 0
    changed = await check([{**kinds[0], "settings": False}, *kinds[1:]], states)
    assert (changed.wrong, changed.first) == (1, f"kinds {kinds[0]['number']}")
    lost = await check(kinds, states[1:])
    assert (lost.wrong, lost.first) == (1, f"states {states[0]['number']}")


# The schema

WANTED = (files("headrace.runtime.ledger") / schema.FILE).read_text("utf-8").splitlines()
VERSION, LINES = WANTED[0], WANTED[1:]
KINDS = {line.split()[0] for line in LINES}


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch):
    """Checks what a ledger says of itself."""

    async def check(*lines: str, version: str = VERSION) -> Found:
        async def describe(connection: object) -> list[str]:
            return [version, *lines]

        monkeypatch.setattr(schema, "describe", describe)
        return await schema.schema_is_the_migrations(None)

    return check


async def test_a_schema_is_right_when_every_line_is(described) -> None:
    found = await described(*LINES)
    assert found == Found(f"{len(LINES)} parts of the schema", 0, None)


async def test_whatever_is_missing_is_wrong(described) -> None:
    assert {"table", "column", "constraint", "index", "view"} <= KINDS
    for kind in KINDS:
        missing = next(line for line in LINES if line.startswith(f"{kind} "))
        found = await described(*(line for line in LINES if line != missing))
        assert (found.wrong, found.first) == (1, f"without {missing}")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("column journal extra bigint", 1),
        ("index journal mine CREATE UNIQUE INDEX mine ON journal (seq)", 1),
        ("index journal mine CREATE INDEX mine ON journal (seq)", 0),
        ("trigger journal mine CREATE INDEX TRIGGER", 1),
        ("table somebody_elses kind r persistence p", 0),
        ("column somebody_elses extra bigint", 0),
    ],
)
async def test_what_was_added_is_wrong_unless_it_only_makes_reading_faster(
    described, line: str, wrong: int
) -> None:
    found = await described(*LINES, line)
    assert (found.wrong, found.first) == (wrong, f"with {line}" if wrong else None)


async def test_another_server_has_other_words_for_views_and_functions(described) -> None:
    """Only those are left out, also where a line's last word is the same."""
    left_out = [line for line in LINES if line.split()[0] in schema.IN_THE_SERVERS_WORDS]
    others = [line for line in LINES if line not in left_out]
    assert left_out
    found = await described(*others, version="postgresql 99")
    assert found == Found(
        f"{len(others)} parts of the schema, views not compared: known is {VERSION}, this is"
        " postgresql 99", 0, None,
    )  # fmt: skip
    found = await described(*others[1:], version="postgresql 99")
    assert (found.wrong, found.first) == (1, f"without {others[0]}")
    (view,) = [line for line in left_out if line.startswith("view ")][:1]
    changed = " ".join([*view.split()[:2], "said otherwise"])
    assert (await described(*others, changed, version="postgresql 99")).wrong == 0
    found = await described(*(changed if line == view else line for line in LINES))
    assert found.wrong == 2
