"""The one way into the ledger: a batch of records, in one fenced transaction."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from headrace.runtime.clock import from_us
from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.record import COLUMNS
from headrace.runtime.keys.text_sealer import NewKey
from headrace.runtime.ledger import copy
from headrace.runtime.ledger.fencing import advance
from headrace.runtime.payments.book import AccountRow, Batch, Hold, Partition

SQL = load("headrace.runtime.ledger", "commit")


class AlreadyThere(Exception):
    """A key, or a leg's entry, of the batch is in the ledger already. All was rolled back: answer
    those from the ledger and decide the rest again."""


class DecideAgain(Exception):
    """PostgreSQL rolled all back so that others could go on: nothing is wrong with the batch."""


class Unwritable(Exception):
    """PostgreSQL can't take a value of the batch. All was rolled back; it would be so again."""


@dataclass(slots=True)
class Commit:
    """A batch made ready to be written: later decisions don't change it any more."""

    records: int
    rows: bytes
    moved: list[tuple[Partition, int]]
    """Each partition as it stands after the batch, and its sequence before."""
    statements: list[tuple[str, tuple[Any, ...]]]
    """Names of SQL and their arguments: accounts opened and changed, holds put and ended, subjects'
    keys made."""


def prepare(batch: Batch, partitions: dict[int, Partition]) -> Commit:
    """Lays the batch out. To be called before anything is decided on top of it."""
    return Commit(
        len(batch),
        copy.encode(batch.records, batch.rows, {n: p.epoch for n, p in partitions.items()}),
        [(_standing(partitions[n]), before[0]) for n, before in batch.started_from.items()],
        list(_statements(batch)),
    )


def _standing(partition: Partition) -> Partition:
    """A partition as it is now, with only its oldest open leg."""
    now = Partition(partition.number, partition.epoch, partition.seq, partition.at, partition.place)
    oldest = next(iter(partition.open_legs), None)
    if oldest is not None:
        now.open_legs[oldest] = partition.open_legs[oldest]
    return now


def _statements(batch: Batch) -> list[tuple[str, tuple[Any, ...]]]:
    opened = [row for n, row in batch.changed.items() if n in batch.opened]
    changed = [row for n, row in batch.changed.items() if n not in batch.opened]
    put = [hold for hold in batch.holds.values() if hold is not None]
    ended = [UUID(bytes=payment) for payment, hold in batch.holds.items() if hold is None]
    statements: list[tuple[str, tuple[Any, ...]]] = []
    if opened:
        statements.append(("open_accounts", _opened(opened, batch.opened)))
    if changed:
        statements.append(("change_accounts", _changed(changed)))
    if put:
        statements.append(("put_holds", _put(put)))
    if ended:
        statements.append(("end_holds", (ended,)))
    if batch.subject_keys:
        statements.append(("put_subject_keys", _made(batch.subject_keys)))
    return statements


def _opened(rows: list[AccountRow], opened_at: dict[int, int]) -> tuple[Any, ...]:
    return (
        [row.number for row in rows],
        [row.tenant for row in rows],
        [row.id or None for row in rows],
        [row.currency for row in rows],
        *_changed(rows)[1:],
        [from_us(opened_at[row.number]) for row in rows],
        [row.role for row in rows],
        [row.rail for row in rows],
    )


def _changed(rows: list[AccountRow]) -> tuple[Any, ...]:
    return (
        [row.number for row in rows],
        [row.state for row in rows],
        *map(list, zip(*[row.terms for row in rows], strict=True)),
    )


def _put(holds: list[Hold]) -> tuple[Any, ...]:
    return (
        [UUID(bytes=hold.payment) for hold in holds],
        [hold.partition for hold in holds],
        [hold.debtor for hold in holds],
        [hold.amount for hold in holds],
        [hold.review for hold in holds],
        [from_us(hold.expires_at) for hold in holds],
        [hold.expires_in_s for hold in holds],
        [UUID(bytes=hold.submitted_by) if hold.submitted_by else None for hold in holds],
    )


def _made(keys: list[NewKey]) -> tuple[Any, ...]:
    return (
        [key.name.subject for key in keys],
        [key.name.generation for key in keys],
        [key.wrapped for key in keys],
        [from_us(key.at) for key in keys],
    )


async def commit(connection: Connection, ready: Commit) -> None:
    """Writes all of a batch or nothing.

    Raises AlreadyThere, DecideAgain and Unwritable (rolled back, no doubt), Fenced, or what asyncpg
    and the network raise: then it is in doubt whether the batch was committed, and only a raised
    epoch makes sure.
    """
    transaction = connection.transaction()
    await transaction.start()
    try:
        await _write(connection, ready)
    except asyncpg.PostgresError as error:
        await transaction.rollback()
        certain = _certain(error)
        if certain is None:
            raise
        raise certain from error
    await transaction.commit()


def _certain(error: asyncpg.PostgresError) -> Exception | None:
    """What it says of the batch that PostgreSQL refused it before it was to be committed; None:
    nothing, memory itself is in doubt."""
    match error:
        case asyncpg.UniqueViolationError(constraint_name="journal_key" | "journal_leg"):
            return AlreadyThere(error.constraint_name)
        case asyncpg.DeadlockDetectedError() | asyncpg.SerializationError():
            return DecideAgain(str(error))
        case asyncpg.DataError() | asyncpg.ProgramLimitExceededError():
            return Unwritable(str(error))
        case _:
            return None


async def _write(connection: Connection, ready: Commit) -> None:
    await advance(connection, ready.moved)
    await connection.copy_to_table(
        "journal", source=_once(ready.rows), columns=COLUMNS, format="binary"
    )
    for name, arguments in ready.statements:
        await connection.execute(SQL[name], *arguments)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
