"""What of an actor's batch is scored, and on what is known of whom."""

from datetime import UTC, datetime

import pytest
from actor_in_memory import ANNA, BERT, CARL, EUR, SHOP, TENANT, House, pay

from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.command import (
    ChangeAccount,
    Fund,
    OpenAccount,
)
from headrace.runtime.risk.windows import Windows


def hour_of(house: House, call: int = -1, row: int = 0) -> float:
    return float(house.scorer.asked[call][0][row, 1])


async def test_payments_are_scored_together_and_other_commands_are_not(house: House) -> None:
    await house.started(ANNA, SHOP, BERT)
    fund = Fund(TENANT, ANNA, 7, EUR, "fund", 1)
    await house.ask(pay("a", 100), fund, pay("b", 200, BERT), pay("c", 300))
    ((matrix, amounts),) = house.scorer.asked
    assert amounts == [100, 200, 300]
    assert [float(a) for a in matrix[:, 0]] == [1.0, 2.0, 3.0]
    await house.ask(Fund(TENANT, ANNA, 7, EUR, "another", 1), ChangeAccount(TENANT, ANNA))
    assert len(house.scorer.asked) == 1, "nobody asks about nothing"


async def test_a_known_key_is_not_scored_again(house: House) -> None:
    await house.started(ANNA, SHOP)
    await house.ask(pay("a"))
    (again,) = await house.ask(pay("a"))
    assert again.replayed
    await house.ask(pay("a"), pay("b", 5))
    assert [amounts for _, amounts in house.scorer.asked] == [[100], [5]]


async def test_a_payment_of_nobody_is_not_scored(house: House) -> None:
    await house.started(ANNA, SHOP)
    unknown = pay("a", debtor=BERT)
    refused, paid = await house.ask(unknown, pay("b", 5))
    assert isinstance(refused, Refused)
    assert isinstance(paid, Done)
    assert [amounts for _, amounts in house.scorer.asked] == [[5]]
    answers = await house.ask(OpenAccount(TENANT, CARL, EUR), pay("c", debtor=BERT), pay("d", 6))
    assert [type(answer) for answer in answers] == [Done, Refused, Done]
    assert [amounts for _, amounts in house.scorer.asked] == [[5], [6]]
    assert house.ledger.tried == [1, 2], "together with the others"


async def test_what_an_earlier_time_is_given_for_is_scored_as_of_then(house: House) -> None:
    await house.started(ANNA, SHOP)
    three = int(datetime(2020, 1, 1, 3, tzinfo=UTC).timestamp()) * 1_000_000
    await house.ask(pay("a", occurred_at=three))
    assert hour_of(house) == 3.0
    await house.ask(pay("b"))
    now = datetime.now(UTC)
    late = (hour_of(house) - now.hour - now.minute / 60) % 24
    assert min(late, 24 - late) < 0.2


def seen(*amounts: int) -> Windows:
    """Of who was paid so a moment ago."""
    windows = Windows()
    now = int(datetime.now(UTC).timestamp()) * 1_000_000
    for amount in amounts:
        windows.observe(now, amount)
    return windows


COUNTS, CREDITORS_COUNTS = slice(4, 7), slice(7, 10)


async def test_debtor_and_creditor_are_scored_by_what_is_known_of_them(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.creditors.windows[house.actor._book.by_id[TENANT, SHOP].number] = seen(5, 6)
    await house.ask(pay("a"))
    await house.ask(pay("b"))
    matrix = house.scorer.asked[-1][0]
    assert matrix[0, COUNTS] == pytest.approx(1, rel=1e-3)
    assert matrix[0, CREDITORS_COUNTS] == pytest.approx(2, rel=1e-3)


async def test_who_is_opened_in_the_same_batch_is_scored_as_a_stranger(house: House) -> None:
    await house.started(ANNA, SHOP)
    house.creditors.windows[house.actor._book.by_id[TENANT, SHOP].number] = seen(5)
    opening, funding = OpenAccount(TENANT, BERT, EUR), Fund(TENANT, BERT, 900, EUR, "f", 1)
    answers = await house.ask(opening, funding, pay("a", 100, BERT, SHOP))
    assert all(isinstance(a, Done) for a in answers)
    assert house.ledger.tried == [3], "in one batch"
    ((matrix, _),) = house.scorer.asked
    assert list(matrix[0, COUNTS]) == [0, 0, 0]
    assert matrix[0, CREDITORS_COUNTS] == pytest.approx(1, rel=1e-3)


async def test_who_pays_somebody_opened_in_the_same_batch_is_scored_as_ever(house: House) -> None:
    await house.started(ANNA, SHOP)
    await house.ask(pay("before"))
    answers = await house.ask(OpenAccount(TENANT, CARL, EUR), pay("a", 100, ANNA, CARL))
    assert all(isinstance(a, Done) for a in answers)
    assert house.ledger.tried[1:] == [2], "in one batch"
    matrix = house.scorer.asked[-1][0]
    assert matrix[0, COUNTS] == pytest.approx(1, rel=1e-3)
    assert list(matrix[0, CREDITORS_COUNTS]) == [0, 0, 0]


async def test_a_stranger_is_not_scored_because_somebody_else_is_opened(house: House) -> None:
    await house.started(ANNA, SHOP)
    answers = await house.ask(OpenAccount(TENANT, CARL, EUR), pay("a", 100, BERT))
    assert [type(a) for a in answers] == [Done, Refused]
    assert house.ledger.tried == [1]
    assert house.scorer.asked == []
