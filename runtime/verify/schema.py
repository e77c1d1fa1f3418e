"""Whether the schema is as the migrations make it: the catalogue against each area's `schema.txt`.

A file is what a fresh ledger says of itself once the area's migrations ran, and did not say before;
tests/integration/runtime/verify/test_schema.py writes it anew when a migration has changed that.
Views and functions are compared by the server's own words for them, which other major versions may
choose differently: there they are left out.
"""

from collections.abc import Sequence

from headrace.runtime.database.area import Area
from headrace.runtime.database.check import Found
from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load

SQL = load("headrace.runtime.verify", "schema")
IN_THE_SERVERS_WORDS = ("view", "function")


async def describe(connection: Connection) -> list[str]:
    """A line for everything in the schema, after one with the server's major version."""
    major = int(await connection.fetchval("SHOW server_version_num")) // 10_000
    rows = await connection.fetch(SQL["describe"])
    return [f"postgresql {major}", *(row["line"] for row in rows)]


async def schema_is_the_migrations(areas: Sequence[Area], connection: Connection) -> Found:
    """Nothing of ours is missing or different, and nothing was added to it but indexes that refuse
    nothing. Other tables and views in the schema are nobody's business."""
    here, *there = await describe(connection)
    schemas = [schema for area in areas if (schema := area.schema())]
    version = next((schema[0] for schema in schemas if schema[0] != here), here)
    left_out = () if version == here else IN_THE_SERVERS_WORDS
    wanted = [
        line for schema in schemas for line in schema[1:] if line.split()[0] not in left_out
    ]  # fmt: skip
    ours = {line.split()[1] for line in wanted}
    found = {
        line
        for line in there
        if line.split()[1] in ours and line.split()[0] not in left_out
    }  # fmt: skip
    wrong = [f"without {line}" for line in wanted if line not in found]
    known = set(wanted)
    wrong += [f"with {line}" for line in sorted(found) if line not in known and not _harmless(line)]
    figure = f"{len(wanted)} parts of the schema"
    if left_out:
        figure += f", views not compared: known is {version}, this is {here}"
    return Found(figure, len(wrong), wrong[0] if wrong else None)


def _harmless(line: str) -> bool:
    """An index that only makes reading faster."""
    kind, _, _, definition = line.split(" ", 3)
    return kind == "index" and not definition.startswith("CREATE UNIQUE")
