"""Checks that compare the database with what all areas' packages have."""

from typing import Any

from headrace.runtime.areas import AREAS
from headrace.runtime.database.check import Found
from headrace.runtime.database.migrate import SQL as HISTORY
from headrace.runtime.database.migrate import migrations
from headrace.runtime.database.platform import SQL as PLATFORM
from headrace.runtime.journal.kinds import kind_rows
from headrace.runtime.journal.states import state_rows
from headrace.runtime.ledger.names import SQL as TABLES
from headrace.runtime.ledger.names import currencies
from headrace.runtime.verify.packaged import migrations_are_the_packaged, names_are_the_codes


def applied(**changed: bytes) -> list[dict[str, Any]]:
    rows = {m.name: (m.number, m.digest) for m in migrations(AREAS)}
    rows |= {name: (1, digest) for name, digest in changed.items()}
    return [
        {"area": area, "name": file, "number": number, "digest": digest}
        for name, (number, digest) in rows.items()
        for area, file in [name.split("/")]
        if digest
    ]


async def test_migrations_are_those_of_the_package(told) -> None:
    async def check(**changed: bytes) -> Found:
        db = told(HISTORY, history=applied(**changed))
        return await migrations_are_the_packaged(AREAS, db)

    first, count = migrations(AREAS)[0].name, len(migrations(AREAS))
    assert await check() == Found(f"{count} migrations", 0, None)
    assert await check(**{first: b"x"}) == Found(f"{count} migrations", 1, first)
    assert await check(**{first: b""}) == Found(f"{count - 1} migrations", 1, first)
    assert await check(**{"x/9999_x": b"x"}) == Found(f"{count + 1} migrations", 1, "x/9999_x")


NAMES = [{"subject": s, "number": m.value, "name": m.name.lower()}
         for area in AREAS for s, e in area.names.items() for m in e]  # fmt: skip


async def test_names_are_those_of_the_code_and_later_ones_do_no_harm(told) -> None:
    async def check(names: list[dict[str, Any]], money: list[Any]) -> Found:
        tables = {"kinds": list(kind_rows().values()), "states": list(state_rows().values())}
        db = told({**PLATFORM, **TABLES}, names=names, currencies=money, **tables)
        return await names_are_the_codes(AREAS, db)

    every = len(NAMES)
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
            {**PLATFORM, **TABLES}, names=NAMES, currencies=currencies(), kinds=kinds, states=states
        )
        return await names_are_the_codes(AREAS, db)

    later = {**kinds[0], "number": 999}
    assert (await check([*kinds, later], states)).wrong == 0
    changed = await check([{**kinds[0], "settings": False}, *kinds[1:]], states)
    assert (changed.wrong, changed.first) == (1, f"kinds {kinds[0]['number']}")
    lost = await check(kinds, states[1:])
    assert (lost.wrong, lost.first) == (1, f"states {states[0]['number']}")
