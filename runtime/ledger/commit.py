"""The one way into the ledger: a batch of records, in one fenced transaction."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg

from headrace.runtime.clock import from_us
from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.record import COLUMNS
from headrace.runtime.ledger import copy
from headrace.runtime.ledger.fencing import advance
from headrace.runtime.payments.batch import AccountRow, Batch
from headrace.runtime.payments.book import Partition

SQL = load("headrace.runtime.ledger", "commit")


class AlreadyThere(Exception):
    """A key, or a leg's entry, of the batch is in the ledger already. All was rolled back: answer
    those from the ledger and decide the rest again."""


class DecideAgain(Exception):
    """PostgreSQL rolled all back so that others could go on: nothing is wrong with the batch."""


class Unwritable(Exception):
    """PostgreSQL can't take a value of the batch. All was rolled back; it would be so again."""


class Statement(NamedTuple):
    """What is written beside the records."""

    name: str
    arguments: tuple[Any, ...]
    sql: str


@dataclass(slots=True)
class Commit:
    """A batch made ready to be written: later decisions don't change it any more."""

    records: int
    rows: bytes
    moved: list[tuple[Partition, int]]
    """Each partition as it stands after the batch, and its sequence before."""
    statements: list[Statement]
    """Accounts opened and changed, then rows of areas' own tables in the order of their names."""


def prepare(batch: Batch, partitions: dict[int, Partition]) -> Commit:
    """Lays the batch out. To be called before anything is decided on top of it."""
    return Commit(
        len(batch),
        copy.encode(batch.records, batch.rows, {n: p.epoch for n, p in partitions.items()}),
        [(_standing(partitions[n]), before[0]) for n, before in batch.started_from.items()],
        _statements(batch),
    )


def _standing(partition: Partition) -> Partition:
    """A partition as it is now, with only its oldest open leg."""
    now = Partition(
        partition.number, partition.epoch, partition.seq, partition.at, partition.last_ordinal
    )
    oldest = next(iter(partition.open_legs), None)
    if oldest is not None:
        now.open_legs[oldest] = partition.open_legs[oldest]
    return now


def _statements(batch: Batch) -> list[Statement]:
    opened = [row for n, row in batch.changed.items() if n in batch.opened]
    changed = [row for n, row in batch.changed.items() if n not in batch.opened]
    statements: list[Statement] = []
    if opened:
        statements.append(_of(SQL, "open_accounts", _opened(opened, batch.opened)))
    if changed:
        statements.append(_of(SQL, "change_accounts", _changed(changed)))
    for table in sorted(batch.area_rows, key=lambda table: table.name):
        rows = batch.area_rows[table]
        put = [row for row in rows.values() if row is not None]
        ended = [key for key, row in rows.items() if row is None]
        if put:
            statements.append(_of(table.sql, f"put_{table.name}", table.columns(put)))
        if ended:
            if table.ended is None:
                raise LookupError(f"rows of {table.name} stay for good")
            statements.append(_of(table.sql, f"end_{table.name}", table.ended(ended)))
    return statements


def _of(sql: Mapping[str, str], name: str, arguments: tuple[Any, ...]) -> Statement:
    return Statement(name, arguments, sql[name])


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
    for statement in ready.statements:
        await connection.execute(statement.sql, *statement.arguments)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
