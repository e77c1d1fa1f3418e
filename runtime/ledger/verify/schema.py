"""Whether the ledger's schema is as the migrations make it: the catalogue against `schema.txt`.

The file is what a freshly migrated ledger says of itself; tests/integration/ledger/test_schema.py
writes it anew when a migration has changed that. Views and functions are compared by the server's
own words for them, which other major versions may choose differently: there they are left out.
"""

from importlib.resources import files

from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.ledger.verify.found import Found

SQL = load("headrace.runtime.ledger.verify", "schema")
FILE = "schema.txt"
IN_THE_SERVERS_WORDS = ("view", "function")


async def describe(connection: Connection) -> list[str]:
    """A line for everything in the schema, after one with the server's major version."""
    major = int(await connection.fetchval("SHOW server_version_num")) // 10_000
    rows = await connection.fetch(SQL["describe"])
    return [f"postgresql {major}", *(row["line"] for row in rows)]


async def schema_is_the_migrations(connection: Connection) -> Found:
    """Nothing of ours is missing or different, and nothing was added to it but indexes that refuse
    nothing. Other tables and views in the schema are nobody's business."""
    text = (files("headrace.runtime.ledger") / FILE).read_text("utf-8")
    (version, *wanted), (here, *there) = text.splitlines(), await describe(connection)
    left_out = () if version == here else IN_THE_SERVERS_WORDS
    wanted = [line for line in wanted if line.split()[0] not in left_out]
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
