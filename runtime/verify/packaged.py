"""Checks that compare the database with what all areas' packages have: migrations and names."""

from collections.abc import Sequence

from headrace.runtime.database.area import Area
from headrace.runtime.database.check import Found
from headrace.runtime.database.connect import Connection
from headrace.runtime.database.migrate import SQL as HISTORY
from headrace.runtime.database.migrate import migrations
from headrace.runtime.database.platform import SQL as PLATFORM


async def migrations_are_the_packaged(areas: Sequence[Area], connection: Connection) -> Found:
    """Every packaged migration was applied, as it is packaged, and no other."""
    packaged = {m.name: (m.number, m.digest) for m in migrations(areas)}
    rows = await connection.fetch(HISTORY["history"])
    applied = {f"{r['area']}/{r['name']}": (r["number"], r["digest"]) for r in rows}
    wrong = sorted(n for n in packaged.keys() | applied if packaged.get(n) != applied.get(n))
    return Found(f"{len(applied)} migrations", len(wrong), wrong[0] if wrong else None)


async def names_are_the_codes(areas: Sequence[Area], connection: Connection) -> Found:
    """Tables that are written from the code are the code's; a newer version may have added rows."""
    rows = await connection.fetch(PLATFORM["names"])
    named = {(row["subject"], row["number"]): row["name"] for row in rows}
    wrong, first = 0, None
    for area in areas:
        for subject, members in area.names.items():
            for member in members:
                if named.get((subject, member.value)) != member.name.lower():
                    wrong, first = wrong + 1, first or f"{subject} {member.value}"
        found = await area.differing(connection)
        wrong, first = wrong + found.wrong, first or found.first
    return Found(f"{len(named)} names", wrong, first)
