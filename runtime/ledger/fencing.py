"""One writer a partition: who holds the leases, and the check inside each commit.

A lease row counts epochs. To take partitions over is to commit a raised epoch; a commit names the
epoch it believes in, locks the rows in the order of their partitions, and fails on another.
"""

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from headrace.runtime.clock import from_us, to_us
from headrace.runtime.database.connect import Connection, Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.payments.book import Partition

SQL = load("headrace.runtime.ledger", "fencing")


class Lease(NamedTuple):
    """Who holds a partition: it `lives` while one of its connections is there, and its cluster
    while any holder of the cluster does."""

    partition: int
    holder: str
    cluster: str
    lives: bool
    last_seq: int
    """Of the partition's newest record."""


class Fenced(Exception):
    """Another writer has taken over one of the partitions: this one may commit nothing more."""


async def take_over(
    connection: Connection, partitions: Sequence[int], holder: str, cluster: str = "",
    *, lock_timeout_s: float, first: bool = True,
) -> dict[int, tuple[Partition, int]]:  # fmt: skip
    """Commits raised epochs; returns where each partition stands, and since when legs may be open.

    What the holder has already it may always claim. At its first claim it also takes leases from
    others of its cluster, from older clusters (their names sort first), and from a newer one of
    which no writer is connected any more. Raises Fenced when one of the leases is anybody else's,
    and then claims none; LookupError when a row is missing; and what asyncpg raises.

    A predecessor's transaction that still holds a row is ended after `lock_timeout_s`.
    """
    claim = (list(partitions), holder, cluster, first)
    await connection.execute(f"SET lock_timeout = {int(lock_timeout_s * 1000)}")
    try:
        try:
            rows = await connection.fetch(SQL["claim"], *claim)
        except asyncpg.LockNotAvailableError:
            for pid in {r["backend_pid"] for r in await _free(connection, *claim)} - {None}:
                await connection.execute("SELECT pg_terminate_backend($1)", pid)
            rows = await connection.fetch(SQL["claim"], *claim)
    finally:
        if not connection.is_closed():
            await connection.execute("SET lock_timeout = 0")
    if len(rows) != len(partitions):
        await _free(connection, *claim)
        raise Fenced(sorted(partitions))
    return {
        r["partition"]: (
            Partition(
                r["partition"], r["epoch"], r["last_seq"], to_us(r["last_at"]), r["last_ordinal"]
            ),
            r["transit_from"],
        )
        for r in rows
    }


async def _free(
    connection: Connection, partitions: list[int], holder: str, cluster: str, first: bool
) -> list[asyncpg.Record]:
    """The leases, when all of them may be claimed; raises Fenced and LookupError as take_over."""
    rows = await connection.fetch(SQL["standing"], partitions, holder, cluster, first)
    if missing := set(partitions) - {r["partition"] for r in rows}:
        raise LookupError(f"the ledger has no lease rows for {sorted(missing)}")
    if others := sorted(r["partition"] for r in rows if not r["free"]):
        raise Fenced(others)
    return rows


async def leases(connection: Connection) -> list[Lease]:
    """Of all partitions, as they stand."""
    return [Lease(*row) for row in await connection.fetch(SQL["holders"])]


async def holder(connection: Connection, partition: int) -> str:
    """Of one lease. LookupError while nobody has claimed it."""
    found = await connection.fetchval(SQL["holder"], partition)
    if not found:
        raise LookupError(f"nobody holds partition {partition} yet")
    return str(found)


async def ends(database: Database) -> dict[int, int]:
    """Each partition's newest sequence."""
    return {row["partition"]: row["last_seq"] for row in await database.fetch(SQL["ends"])}


async def advance(connection: Connection, moved: Sequence[tuple[Partition, int]]) -> None:
    """Within a transaction: fences the partitions and moves them from a sequence (given beside
    each) to where they stand now. Raises Fenced unless all of them stood and belonged as believed.
    """
    ordered = sorted(moved, key=lambda pair: pair[0].number)
    rows = await connection.fetch(
        SQL["advance"],
        [p.number for p, _ in ordered],
        [p.epoch for p, _ in ordered],
        [before for _, before in ordered],
        [p.seq for p, _ in ordered],
        [from_us(p.at) for p, _ in ordered],
        [p.transit_from() for p, _ in ordered],
        [p.last_ordinal for p, _ in ordered],
    )
    if len(rows) != len(ordered):
        raise Fenced(sorted({p.number for p, _ in ordered} - {r["partition"] for r in rows}))


async def still_held(connection: Connection, partitions: Sequence[Partition]) -> None:
    """Raises Fenced unless the partitions' epochs are those that we believe in: what was refused
    from memory was then true when this was asked."""
    rows = await connection.fetch(SQL["epochs"], [p.number for p in partitions])
    epochs = {row["partition"]: row["epoch"] for row in rows}
    lost = [p.number for p in partitions if epochs.get(p.number) != p.epoch]
    if lost:
        raise Fenced(sorted(lost))
