"""The one way into the ledger: a batch of records, in one fenced transaction."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from headrace.runtime.clock import from_us
from headrace.runtime.ledger import copy
from headrace.runtime.ledger.connect import Connection
from headrace.runtime.ledger.fencing import advance
from headrace.runtime.ledger.record import COLUMNS
from headrace.runtime.ledger.statements import load
from headrace.runtime.payments.book import Batch, Partition

SQL = load("headrace.runtime.ledger", "commit")


class AlreadyThere(Exception):
    """A key, or a leg's entry, of the batch is in the ledger already. All was rolled back: answer
    those from the ledger and decide the rest again."""


@dataclass(slots=True)
class Commit:
    """A batch made ready to be written: later decisions don't change it any more."""

    rows: bytes
    moved: list[tuple[Partition, int]]
    """Each partition as it stands after the batch, and its sequence before."""


def prepare(batch: Batch, partitions: dict[int, Partition]) -> Commit:
    """Lays the batch out. To be called before anything is decided on top of it."""
    return Commit(
        copy.encode(batch.records, batch.rows, {n: p.epoch for n, p in partitions.items()}),
        [(_standing(partitions[n]), before[0]) for n, before in batch.started_from.items()],
    )


def _standing(partition: Partition) -> Partition:
    """A partition as it is now, with only its oldest open leg."""
    now = Partition(partition.number, partition.epoch, partition.seq, partition.at, partition.place)
    oldest = next(iter(partition.open_legs), None)
    if oldest is not None:
        now.open_legs[oldest] = partition.open_legs[oldest]
    return now


async def commit(connection: Connection, batch: Batch, ready: Commit) -> None:
    """Writes all of the batch or nothing.

    Raises AlreadyThere (rolled back, no doubt), Fenced, or what asyncpg and the network raise: then
    it is in doubt whether the batch was committed, and only a raised epoch makes sure.
    """
    try:
        async with connection.transaction():
            await advance(connection, ready.moved)
            await connection.copy_to_table(
                "journal", source=_once(ready.rows), columns=COLUMNS, format="binary"
            )
            if batch.opened:
                await _open_accounts(connection, batch)
            if batch.changed:
                await _change_accounts(connection, batch)
            if batch.holds:
                await _keep_holds(connection, batch)
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name in ("journal_key", "journal_leg"):
            raise AlreadyThere(error.constraint_name) from error
        raise


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _open_accounts(connection: Connection, batch: Batch) -> None:
    a = batch.opened
    opened_at = {r.credit: from_us(r.at) for r in batch.records if r.kind == 1}
    await connection.execute(
        SQL["open_accounts"],
        [x.number for x in a],
        [x.tenant for x in a],
        [x.id for x in a],
        [x.currency for x in a],
        [int(x.state) for x in a],
        [x.credit_line for x in a],
        [x.payment_max for x in a],
        [x.daily_amount_max for x in a],
        [x.daily_count_max for x in a],
        [opened_at[x.number] for x in a],
    )


async def _change_accounts(connection: Connection, batch: Batch) -> None:
    a = list(batch.changed.values())
    await connection.execute(
        SQL["change_accounts"],
        [x.number for x in a],
        [int(x.state) for x in a],
        [x.credit_line for x in a],
        [x.payment_max for x in a],
        [x.daily_amount_max for x in a],
        [x.daily_count_max for x in a],
    )


async def _keep_holds(connection: Connection, batch: Batch) -> None:
    put = [hold for hold in batch.holds.values() if hold is not None]
    ended = [UUID(bytes=payment) for payment, hold in batch.holds.items() if hold is None]
    if put:
        await connection.execute(
            SQL["put_holds"],
            [UUID(bytes=h.payment) for h in put],
            [h.partition for h in put],
            [h.debtor for h in put],
            [h.amount for h in put],
            [h.review for h in put],
            [from_us(h.expires_at) for h in put],
        )
    if ended:
        await connection.execute(SQL["end_holds"], ended)
