"""Following the journal: pages of a partition's records from a position that the database keeps.

A follower has one row a partition: the sequence up to which it has followed, and who holds it. It
is fenced like a lease: to claim partitions is to commit a raised epoch, a move names the epoch it
believes in and fails on another. So of two that believe themselves the follower only the last to
claim moves, and what is written within a move happens once for each record.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from headrace.runtime.database.connect import Connection, Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.rows import record_of

SQL = load("headrace.runtime.following", "follow")


class Position(NamedTuple):
    """Where a follower stands in a partition: all up to the sequence has been followed."""

    partition: int
    sequence: int
    epoch: int


class Standing(NamedTuple):
    """A row of a follower's, as it stands."""

    follower: str
    partition: int
    sequence: int
    epoch: int
    holder: str


class Page(NamedTuple):
    """Records of one partition in their order: all that were asked for after the sequence `after`
    and up to `through`."""

    partition: int
    after: int
    through: int
    records: list[Record]


class Overtaken(Exception):
    """Another holder follows these partitions: this one may move nothing more."""


async def claim(
    connection: Connection, follower: str, partitions: Sequence[int], holder: str, *,
    first: bool = True,
) -> dict[int, Position]:  # fmt: skip
    """Commits raised epochs; where each partition stands, new ones at their beginning.

    At its first claim a holder takes partitions from anybody, later only from those that are not
    connected (`application_name`). Raises Overtaken, and has then claimed none, and what asyncpg
    raises.
    """
    async with connection.transaction():
        rows = await connection.fetch(SQL["claim"], follower, list(partitions), holder, first)
        found = {row["partition"]: Position(*row) for row in rows}
        if missing := set(partitions) - found.keys():
            raise Overtaken(follower, sorted(missing))
    return found


def application_name(holder: str) -> str:
    """Of a holder's connection, by which others see that it lives."""
    return f"headrace follower {holder}"


@asynccontextmanager
async def moving(
    connection: Connection, follower: str, moves: Sequence[tuple[Position, int]]
) -> AsyncIterator[None]:
    """A transaction in which positions move on, each to a sequence: what is written inside is
    committed with the move or not at all. Fenced before anything is written; raises Overtaken.
    """
    async with connection.transaction():
        rows = await connection.fetch(
            SQL["move"],
            follower,
            [position.partition for position, _ in moves],
            [position.epoch for position, _ in moves],
            [position.sequence for position, _ in moves],
            [through for _, through in moves],
        )
        if len(rows) != len(moves):
            moved = {row["partition"] for row in rows}
            raise Overtaken(follower, sorted({p.partition for p, _ in moves} - moved))
        yield


async def page(
    database: Database, partition: int, after: int, limit: int, *, through: int,
    kinds: Collection[RecordKind] | None = None,
) -> Page:  # fmt: skip
    """Of the next `limit` records of a partition, up to `through`, those of some kinds (None: of
    all). `through` is at most the partition's newest sequence: what is committed
    comes without gaps, since each partition has one writer."""
    if through - after > limit:
        edge = await database.fetchval(SQL["edge"], partition, after, through, limit - 1)
        through = through if edge is None else edge
    wanted = None if kinds is None else list(kinds)
    rows = await database.fetch(SQL["page"], partition, after, through, wanted)
    return Page(partition, after, through, [record_of(row) for row in rows])


async def standing(database: Database) -> list[Standing]:
    """Every follower's rows."""
    return [Standing(*row) for row in await database.fetch(SQL["positions"])]
