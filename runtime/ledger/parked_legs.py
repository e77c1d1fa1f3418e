"""Legs that failed for good and are not sent any more, until somebody releases them.

A row stands beside the open leg, which stays open: its money is under way. Whoever has mended what
made it fail deletes the row; the leg's home notices within a second or two and sends it again.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from headrace.runtime import ids
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.payments.open_leg import LegId, OpenLeg

SQL = load("headrace.runtime.ledger", "parked_legs")


class ParkedLeg(Struct, frozen=True):
    """One, for people; `id` is partition and sequence of the record that opened it."""

    id: str
    payment: str
    leg: int
    tenant: str
    amount: int
    currency: str
    failures: int
    error: str
    parked_at: datetime


async def park(db: Database, leg: OpenLeg, failures: int, error: str) -> None:
    """Notes that a leg failed for good; again: how often and how last."""
    await db.execute(
        SQL["park"], leg.partition, leg.seq, UUID(bytes=leg.payment), leg.leg, failures, error
    )


async def parked(db: Database, partitions: Sequence[int]) -> set[LegId]:
    """Partition and sequence of those that are parked."""
    return {(r["partition"], r["seq"]) for r in await db.fetch(SQL["parked"], list(partitions))}


async def everyone(db: Database) -> list[ParkedLeg]:
    """All of them, the oldest first."""
    return [
        ParkedLeg(
            f"{r['partition']}:{r['seq']}", ids.text(r["payment"].bytes), r["leg"], r["tenant"],
            r["amount"], r["currency"], r["failures"], r["error"], r["parked_at"],
        )
        for r in await db.fetch(SQL["everyone"])
    ]  # fmt: skip


async def release(db: Database, leg: LegId | None) -> list[LegId]:
    """Lets one, or all, be sent again; returns which were parked."""
    partition, seq = leg if leg is not None else (None, None)
    rows = await db.fetch(SQL["release"], partition, seq)
    return [(r["partition"], r["seq"]) for r in rows]
