"""A new command is its struct, its needs, its decider and a row; a table of its area comes with it.

Vouchers, an area that nobody has: a voucher pays an account once. Nothing but the table of commands
is told of them, and all that carries, loads, decides, answers again and writes finds them there.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Any

import pytest
from actor_in_memory import ANNA, BERT, EUR, TENANT, UNAVAILABLE, WRONG, House, pay

from headrace.actors.writer import Outcome
from headrace.runtime import commands
from headrace.runtime.database.area_table import AreaTable
from headrace.runtime.payments.answer import Answer, Done, Refused
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import Command, Fund
from headrace.runtime.payments.decide import CommandRow, Given, account_home
from headrace.runtime.payments.decide_account import decide_fund
from headrace.runtime.payments.needs import for_funds
from headrace.runtime.payments.wanted import Wanted
from headrace.runtime.refusals import Refusal

# The area


class Redeem(Command, tag=900):
    """Pay what a voucher is worth, once."""

    tenant: int
    account: str
    voucher: str
    key: str
    fingerprint: int = 0


IN_THE_LEDGER: dict[str, int] = {}
"""Worth of a voucher that wasn't redeemed yet."""


async def load(db: object, vouchers: Collection[str]) -> dict[str, int]:
    return {voucher: IN_THE_LEDGER[voucher] for voucher in vouchers if voucher in IN_THE_LEDGER}


def columns(rows: Sequence[int]) -> tuple[Any, ...]:
    return (list(rows),)


VOUCHERS: AreaTable[str, int] = AreaTable(
    "vouchers",
    {"put_vouchers": "INSERT …", "end_vouchers": "DELETE …"},
    columns,
    ended=lambda vouchers: (list(vouchers),),
    load=load,
)


def needs(wanted: Wanted, asked: Iterable[tuple[int, Redeem]]) -> None:
    for index, command in asked:
        wanted.need_row(VOUCHERS, command.voucher)
        for_funds(wanted, [(index, funded(command, 0))])


def funded(c: Redeem, amount: int) -> Fund:
    return Fund(c.tenant, c.account, amount, EUR, c.key, c.fingerprint)


def decide(book: Book, batch: Batch, c: Redeem, index: int, given: Given) -> Answer:
    known = book.known((c.tenant, c.key), c.fingerprint)
    if known is not None:
        return known
    amount = book.area_rows.row(VOUCHERS, c.voucher)
    if amount is None:
        return Refused(Refusal.NOT_FOUND, "voucher")
    answer = decide_fund(book, batch, funded(c, amount), given.now)
    if isinstance(answer, Done):
        book.put(batch, VOUCHERS, c.voucher, None)
        if c.voucher == "poison":
            raise ValueError("something is wrong with it")
    return answer


ROW = CommandRow(
    decide, needs, lambda c, partitions: account_home(c.tenant, c.account, partitions), keyed=True
)

# What is told of it, and what comes of that


@pytest.fixture
async def vouchers(house: House, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setitem(commands.COMMANDS, Redeem, ROW)  # the one line
    monkeypatch.setattr(commands, "_decoder", commands.decoder(commands.COMMANDS))
    IN_THE_LEDGER.update(ten=10, twenty=20, poison=30)
    await house.started(ANNA, BERT, money=100)
    yield house
    IN_THE_LEDGER.clear()


def redeem(voucher: str, key: str = "", account: str = ANNA) -> Redeem:
    return Redeem(TENANT, account, voucher, key or voucher)


def written(house: House) -> list[tuple[str, tuple[Any, ...]]]:
    """Of the area's table, by all that was laid out."""
    laid_out = [ready for ready, _ in house.ledger.laid_out.values()]
    return [
        (name, arguments)
        for ready in laid_out
        for name, arguments, _ in ready.statements
        if "vouchers" in name
    ]


async def test_it_is_decided_with_what_it_needs_and_written_in_its_commit(vouchers: House) -> None:
    answers = await vouchers.ask(redeem("ten"), pay("k", 1, BERT, ANNA), redeem("none"))
    assert [type(answer) for answer in answers] == [Done, Done, Refused]
    assert answers[2] == Refused(Refusal.NOT_FOUND, "voucher")
    assert vouchers.posted(ANNA) == 111
    assert written(vouchers) == [("end_vouchers", (["ten"],))]


async def test_what_is_decided_stands_for_the_next_command_at_once(vouchers: House) -> None:
    first, second = await vouchers.ask(redeem("ten", "a"), redeem("ten", "b"))
    assert isinstance(first, Done)
    assert second == Refused(Refusal.NOT_FOUND, "voucher")


async def test_its_key_gets_the_first_answer_again(vouchers: House) -> None:
    (first,) = await vouchers.ask(redeem("ten"))
    del IN_THE_LEDGER["ten"]
    assert isinstance(first, Done)
    for known_by in ("memory", "the ledger"):
        (again,) = await vouchers.ask(redeem("ten"))
        assert isinstance(again, Done), known_by
        assert (again.seq, known_by) == (first.seq, known_by)
        vouchers.ledger.outcomes.append(Outcome.IN_DOUBT)
        assert await vouchers.ask(pay(known_by, 1, BERT, ANNA)) == [UNAVAILABLE]
    assert vouchers.posted(ANNA) == 110


async def test_one_that_raises_leaves_nothing_of_its_rows(vouchers: House) -> None:
    answers = await vouchers.ask(redeem("poison"), redeem("ten"))
    assert answers[0] == WRONG
    assert isinstance(answers[1], Done)
    assert vouchers.actor._book.area_rows.row(VOUCHERS, "poison") == 30
    assert vouchers.posted(ANNA) == 110
    assert written(vouchers)[-1] == ("end_vouchers", (["ten"],))


async def test_rows_of_a_batch_that_was_rolled_back_stand_as_before(vouchers: House) -> None:
    vouchers.ledger.outcomes.append(Outcome.DECIDE_AGAIN)
    (answer,) = await vouchers.ask(redeem("ten"))
    assert isinstance(answer, Done)
    assert vouchers.posted(ANNA) == 110


async def test_on_doubt_rows_are_forgotten(vouchers: House) -> None:
    vouchers.ledger.outcomes.append(Outcome.IN_DOUBT)
    assert await vouchers.ask(redeem("ten")) == [UNAVAILABLE]
    assert not vouchers.actor._book.area_rows.has(VOUCHERS, "ten")
    (answer,) = await vouchers.ask(redeem("ten"))
    assert isinstance(answer, Done)


def test_a_client_routes_it_by_its_row(vouchers: House) -> None:
    home = account_home(TENANT, ANNA, 4)
    assert commands.home_of(redeem("ten"), 4) == home
