"""What a commit will write is laid out when it is decided, and nothing later changes it."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from headrace.runtime.journal.record import Record
from headrace.runtime.keys.sealed_text import KeyName
from headrace.runtime.keys.subject_keys import SUBJECT_KEYS
from headrace.runtime.keys.text_sealer import NewKey
from headrace.runtime.ledger import copy
from headrace.runtime.ledger.commit import (
    AlreadyThere,
    Commit,
    DecideAgain,
    Statement,
    Unwritable,
    _certain,
    commit,
    prepare,
)
from headrace.runtime.payments.account import Terms
from headrace.runtime.payments.batch import AccountRow, Batch
from headrace.runtime.payments.book import Partition
from headrace.runtime.payments.holds import HOLDS, Hold
from headrace.runtime.payments.open_leg import OpenLeg

MOMENT = datetime(2025, 1, 2, 3, 4, 5, 6, UTC)
AT = 1_735_787_045_000_006
ONE, TWO, KEY = (bytes(15) + bytes((n,)) for n in (1, 2, 3))


def leg(seq):
    return OpenLeg(ONE, 0, 3, seq, False, True, 1, 978, 5, 7, 8, bytes(16))


def partitions():
    return {
        3: Partition(3, 30, 12, AT, 5_000, {9: leg(9), 11: leg(11)}),
        4: Partition(4, 40, 22, AT + 1, 6_000),
        5: Partition(5, 50, 33, AT, 7_000),
    }


def test_nothing_decided_is_an_empty_stream():
    assert prepare(Batch(1), partitions()) == Commit(0, copy.encode([]), [], [])


def test_records_are_laid_out_with_their_partitions_epoch():
    records = [Record(seq=12, partition=3), Record(seq=21, partition=4)]
    batch = Batch(1, records=records)
    ready = prepare(batch, partitions())
    assert ready == Commit(2, copy.encode(records, (), {3: 30, 4: 40, 5: 50}), [], [])


def test_each_partition_moves_from_where_it_stood_to_where_it_stands():
    batch = Batch(1, started_from={3: (10, AT - 9, 4_999), 4: (20, AT - 9, 6_000)})
    there = partitions()
    moved = prepare(batch, there).moved
    there[3].seq, there[4].at = 99, 0
    there[3].open_legs.clear()
    assert moved == [
        (Partition(3, 30, 12, AT, 5_000, {9: leg(9)}), 10),
        (Partition(4, 40, 22, AT + 1, 6_000), 20),
    ]
    assert [partition.transit_from() for partition, _ in moved] == [9, 23]


def test_accounts_and_holds_are_statements_with_columns():
    opened = AccountRow(7, 1, "anna", 978, 2, Terms(1, 2, 3, 4))
    changed = AccountRow(8, 5, "shop", 840, 3, Terms(5, 6, 7, 8))
    batch = Batch(
        1, opened={7: AT}, changed={7: opened, 8: changed},
        area_rows={HOLDS: {
            ONE: Hold(ONE, 3, 7, 100, True, AT, 60, KEY), TWO: None,
            KEY: Hold(KEY, 4, 8, 50, False, AT, 0, b""),
        }},
    )  # fmt: skip
    statements = prepare(batch, partitions()).statements
    assert [(s.name, s.arguments) for s in statements] == [
        (
            "open_accounts",
            ([7], [1], ["anna"], [978], [2], [1], [2], [3], [4], [MOMENT], [0], [""]),
        ),
        ("change_accounts", ([8], [3], [5], [6], [7], [8])),
        (
            "put_holds",
            (
                [UUID(bytes=ONE), UUID(bytes=KEY)], [3, 4], [7, 8], [100, 50], [True, False],
                [MOMENT, MOMENT], [60, 0], [UUID(bytes=KEY), None],
            ),
        ),
        ("end_holds", ([UUID(bytes=TWO)],)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("batch", "names"),
    [
        (Batch(1, opened={7: AT}, changed={7: AccountRow(7, 1, "a", 978, 1, Terms(0, 0, 0, 0))}),
         ["open_accounts"]),
        (Batch(1, changed={7: AccountRow(7, 1, "a", 978, 1, Terms(0, 0, 0, 0))}),
         ["change_accounts"]),
        (Batch(1, area_rows={HOLDS: {ONE: Hold(ONE, 3, 7, 1, False, AT, 0, b"")}}), ["put_holds"]),
        (Batch(1, area_rows={HOLDS: {ONE: None}}), ["end_holds"]),
    ],
)  # fmt: skip
def test_only_what_there_is_is_written(batch, names):
    assert [s.name for s in prepare(batch, partitions()).statements] == names


def test_rows_of_a_table_that_stay_for_good_can_not_end():
    batch = Batch(1, area_rows={SUBJECT_KEYS: {KeyName(7, 0): None}})
    with pytest.raises(LookupError, match="rows of subject_keys stay for good"):
        prepare(batch, partitions())


def test_tables_are_written_in_the_order_of_their_names():
    """So that two writers wait for each other and never in a circle."""
    key = NewKey(KeyName(7, 0), b"wrapped", AT)
    rows = {SUBJECT_KEYS: {key.name: key}, HOLDS: {ONE: Hold(ONE, 3, 7, 1, False, AT, 0, b"")}}
    statements = prepare(Batch(1, area_rows=rows), partitions()).statements
    assert [s.name for s in statements] == ["put_holds", "put_subject_keys"]


def unique(constraint):
    error = asyncpg.UniqueViolationError("twice")
    error.constraint_name = constraint
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (unique("journal_key"), AlreadyThere),
        (unique("journal_leg"), AlreadyThere),
        (unique("journal_pkey"), None),
        (asyncpg.DeadlockDetectedError("40P01"), DecideAgain),
        (asyncpg.SerializationError("40001"), DecideAgain),
        (asyncpg.NumericValueOutOfRangeError("22003"), Unwritable),
        (asyncpg.UntranslatableCharacterError("22P05"), Unwritable),
        (asyncpg.ProgramLimitExceededError("54000"), Unwritable),
        (asyncpg.CheckViolationError("23514"), None),
        (asyncpg.AdminShutdownError("57P01"), None),
        (asyncpg.QueryCanceledError("57014"), None),
        (asyncpg.PostgresError(), None),
    ],
)
def test_what_a_refusal_of_the_database_says_of_the_batch(error, kind):
    certain = _certain(error)
    assert (None if certain is None else type(certain)) is kind


class Transaction:
    """Told to its connection."""

    def __init__(self, done: list[str]) -> None:
        self._done = done

    async def start(self) -> None:
        self._done.append("start")

    async def rollback(self) -> None:
        self._done.append("rollback")

    async def commit(self) -> None:
        self._done.append("commit")


class Connection:
    """Refuses the records with `error`, if there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.done: list[str] = []
        self.copied: list[bytes] = []
        self.error = error

    def transaction(self) -> Transaction:
        return Transaction(self.done)

    async def fetch(self, sql: str, *arguments: object) -> list[object]:
        return []

    async def copy_to_table(self, table: str, *, source, columns, format: str) -> None:
        self.done.append(f"copy {table}")
        self.copied = [data async for data in source]
        if self.error is not None:
            raise self.error

    async def execute(self, sql: str, *arguments: object) -> None:
        self.done.append(f"{sql} {arguments}")


READY = Commit(1, b"rows", [], [Statement("a", (1,), "first"), Statement("b", (2, 3), "second")])


async def test_records_and_what_stands_beside_them_are_one_transaction():
    connection = Connection()
    await commit(connection, READY)
    assert connection.done == ["start", "copy journal", "first (1,)", "second (2, 3)", "commit"]
    assert connection.copied == [b"rows"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (unique("journal_key"), AlreadyThere),
        (asyncpg.DeadlockDetectedError("40P01"), DecideAgain),
        (asyncpg.NumericValueOutOfRangeError("22003"), Unwritable),
        (asyncpg.CheckViolationError("23514"), asyncpg.CheckViolationError),
        (asyncpg.AdminShutdownError("57P01"), asyncpg.AdminShutdownError),
    ],
)
async def test_what_the_database_refuses_is_rolled_back_and_told_as_what_it_is(error, told):
    """What says nothing certain goes on as it came: it is doubt."""
    connection = Connection(error)
    with pytest.raises(told) as raised:
        await commit(connection, READY)
    assert connection.done == ["start", "copy journal", "rollback"]
    assert error in (raised.value, raised.value.__cause__)


async def test_a_line_that_was_lost_is_told_and_nothing_is_sent_over_it():
    connection = Connection(ConnectionResetError("gone"))
    with pytest.raises(ConnectionResetError):
        await commit(connection, READY)
    assert connection.done == ["start", "copy journal"]
