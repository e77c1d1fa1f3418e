"""Checks of what stands in the database: what one found, and those that are one statement each."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load


class Found(NamedTuple):
    """`figure` is what was looked at or came out. How much is `wrong`, and where first; how much is
    `late`: right so far, but in need of a look, and what first."""

    figure: str
    wrong: int = 0
    first: str | None = None
    late: int = 0
    latest: str | None = None


Ask = Callable[[Connection], Awaitable[Found]]
"""A check, on a connection whose transaction sees the snapshot."""


def by_sql(
    package: str, subjects: Sequence[str], arguments: Mapping[str, Sequence[Any]] | None = None
) -> dict[str, Ask]:
    """By name, the statements of a package's `sql/<subject>.sql`, each of which returns a row with
    Found's fields; `arguments` of those that take some."""
    given = arguments or {}
    return {
        name: _asking(statement, given.get(name, ()))
        for subject in subjects
        for name, statement in load(package, subject).items()
    }


def _asking(statement: str, arguments: Sequence[Any]) -> Ask:
    async def ask(connection: Connection) -> Found:
        (row,) = await connection.fetch(statement, *arguments)
        return Found(**row)

    return ask
