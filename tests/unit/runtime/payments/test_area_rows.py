"""Rows of areas' own tables: as a batch leaves them, and as they were when it is taken back."""

from collections.abc import Collection
from copy import deepcopy
from typing import Any

import pytest

from headrace.runtime.database.area_table import AreaTable
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book


async def load(db: object, keys: Collection[str]) -> dict[str, int]:
    return {}


SQL = {"put_things": "INSERT …", "end_things": "DELETE …"}


def columns(rows: Any) -> tuple[Any, ...]:
    return (list(rows),)


THINGS: AreaTable[str, int] = AreaTable("things", SQL, columns, columns, load)


@pytest.fixture
def book() -> Book:
    """One thing is there, another isn't."""
    book = Book(4)
    book.area_rows.learn(THINGS, ["one", "none"], {"one": 1}, 1)
    return book


def test_a_row_is_at_once_what_a_batch_made_of_it(book: Book) -> None:
    batch = Batch(2)
    book.put(batch, THINGS, "one", 2)
    book.put(batch, THINGS, "none", 3)
    assert [book.area_rows.row(THINGS, key) for key in ("one", "none")] == [2, 3]
    assert batch.rows_of(THINGS) == {"one": 2, "none": 3}


def test_a_batch_taken_back_leaves_rows_as_before_however_often_it_changed_them(book: Book) -> None:
    before, batch = deepcopy(book.area_rows), Batch(2)
    for row in (2, None, 4):
        book.put(batch, THINGS, "one", row)
        book.put(batch, THINGS, "none", row)
    book.undo(batch)
    assert book.area_rows == before


def test_two_batches_made_one_write_the_newer_row_and_go_back_to_the_oldest(book: Book) -> None:
    before, first, second = deepcopy(book.area_rows), Batch(2), Batch(3)
    book.put(first, THINGS, "one", 2)
    book.put(second, THINGS, "one", 3)
    book.put(second, THINGS, "none", 4)
    first.absorb(second)
    assert first.rows_of(THINGS) == {"one": 3, "none": 4}
    book.undo(first)
    assert book.area_rows == before


def test_what_was_not_looked_up_can_be_neither_asked_nor_changed(book: Book) -> None:
    batch = Batch(2)
    with pytest.raises(LookupError, match="'two' of things was not looked up"):
        book.area_rows.row(THINGS, "two")
    with pytest.raises(LookupError, match="'two' of things was not looked up"):
        book.put(batch, THINGS, "two", 2)
    assert not batch.rows_of(THINGS)


def test_what_was_touched_longest_ago_goes_first_and_nothing_uncommitted(book: Book) -> None:
    rows = [f"{n:02}" for n in range(20)]
    for batch, key in enumerate(rows, 2):
        book.area_rows.learn(THINGS, [key], {}, batch)
    book.evict(9, 10, 19, 9)
    left = [key for key in rows if book.area_rows.has(THINGS, key)]
    assert left == rows[-9:]
    book.evict(9, 1, 15, 9)
    left = [key for key in rows if book.area_rows.has(THINGS, key)]
    assert left == rows[-6:], "touched by batches after the 15th"


def test_a_table_without_its_statement_is_told_at_once() -> None:
    with pytest.raises(KeyError, match="put_others"):
        AreaTable("others", SQL, columns)
    with pytest.raises(KeyError, match="end_things"):
        AreaTable("things", {"put_things": ""}, columns, columns)


async def test_rows_that_nobody_asks_for_are_not_loaded() -> None:
    with pytest.raises(LookupError, match="things are not kept in memory"):
        await AreaTable("things", SQL, columns).found(None, ["one"])  # type: ignore[arg-type]  # asks nothing


async def none_at_all(db: object, keys: Collection[str]) -> dict[str, int]:
    return {}


def test_tables_are_known_by_their_names() -> None:
    """So that one made twice, as in another process, writes the same rows."""
    same = AreaTable("things", SQL | {"more": ""}, len, None, none_at_all)  # type: ignore[arg-type]  # not called
    assert same == THINGS
    assert hash(same) == hash(THINGS)
    other = AreaTable("others", {"put_others": "", "end_others": ""}, columns, columns, load)
    assert other != THINGS
