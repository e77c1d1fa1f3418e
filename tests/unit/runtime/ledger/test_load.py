"""What a partition's writer makes of rows."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from headrace.runtime.clock import DAY_US, POSTGRES_EPOCH_US, from_us
from headrace.runtime.journal.account_numbers import (
    FIRST_ORDINAL,
    TRANSIT_IN,
    TRANSIT_OUT,
    RoleKey,
    account_number,
    system_account,
)
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.rows import record_of
from headrace.runtime.journal.states import AccountState
from headrace.runtime.journal.states import PaymentState as S
from headrace.runtime.ledger import load
from headrace.runtime.ledger.load import SQL
from headrace.runtime.payments.account import Account, Terms
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.open_leg import LEG
from headrace.runtime.risk.windows import Windows

EUR, USD = 978, 840
ANNA, SHOP = (account_number(1, FIRST_ORDINAL + n) for n in range(2))
PAYMENT, OTHER, TRACE = UUID(int=7), UUID(int=8), UUID(int=9)
AT = 1_700_000_000_000_000


def account(number: int, **fields: Any) -> dict[str, Any]:
    given = {
        "number": number, "tenant": 5, "id": f"id-{number & 1}", "currency": EUR, "state": 2,
        "credit_line": 11, "payment_max": 12, "daily_amount_max": 13, "daily_count_max": 14,
        "posted": 15, "held": 16, "has_debits": False,
    }  # fmt: skip
    return {**given, **fields}


def journal(**fields: Any) -> dict[str, Any]:
    """A whole row of it."""
    given = {name: getattr(Record(), name) for name in Record.__struct_fields__}
    given |= {"payment": PAYMENT, "trace": TRACE, "at": from_us(AT), "occurred_at": from_us(AT - 1)}
    return {**given, **fields}


# Accounts


async def test_an_account_is_its_row(told) -> None:
    db = told(SQL, accounts_by_id=[account(ANNA)])
    (found,) = await load.accounts_by_id(db, [(5, "id-0"), (6, "other")])
    assert db.asked == [("accounts_by_id", ([5, 6], ["id-0", "other"]))]
    assert (found.number, found.tenant, found.id, found.currency) == (ANNA, 5, "id-0", EUR)
    assert found.state is AccountState.FROZEN
    assert found.terms() == Terms(11, 12, 13, 14)
    assert (found.posted, found.held) == (15, 16)
    assert found.windows is not None


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """Numbers that windows were folded for; they are all the same."""
    asked: list[list[int]] = []

    async def of_debtors(db: object, numbers: list[int]) -> dict[int, Windows]:
        asked.append(numbers)
        return {number: Windows(FOLDED) for number in numbers}

    monkeypatch.setattr(load, "of_debtors", of_debtors)
    return asked


FOLDED, KEPT = (bytes([n]) * len(Windows().state) for n in (1, 2))


async def test_windows_are_folded_of_those_that_have_paid_and_are_not_kept(told, folded) -> None:
    rows = [account(ANNA, has_debits=True), account(SHOP, has_debits=True), account(SHOP + 1)]
    db = told(SQL, accounts_by_number=rows)
    found = await load.accounts_by_number(db, [ANNA, SHOP, SHOP + 1], {SHOP: KEPT})
    assert folded == [[ANNA]]
    assert [a.windows.state for a in found] == [FOLDED, KEPT, Windows().state]


async def test_what_an_account_was_opened_as_is_what_its_first_record_says(told) -> None:
    details = b'{"credit_line":1,"payment_max":2,"daily_amount_max":3,"daily_count_max":4}'
    opened = Account(ANNA, 5, "anna", EUR)
    await load.opened_as(told(SQL, opened_as=[{"credit": ANNA, "details": details}]), [opened])
    assert opened.opened_as == Terms(1, 2, 3, 4)


async def test_the_day_is_the_partitions_and_who_paid_nothing_has_paid_nothing(told) -> None:
    anna, shop = Account(ANNA, 5, "anna", EUR), Account(SHOP, 5, "shop", EUR)
    db = told(SQL, day=[{"number": ANNA, "amount": 30, "count": 2}])
    await load.count_day(db, [anna, shop], {1: 20_000 * DAY_US + DAY_US - 1})
    assert (anna.counts, anna.day, anna.day_amount, anna.day_count) == (True, 20_000, 30, 2)
    assert (shop.counts, shop.day, shop.day_amount, shop.day_count) == (True, 20_000, 0, 0)
    (_, (numbers, since)) = db.asked[0]
    assert numbers == [ANNA, SHOP]
    assert since == [from_us(20_000 * DAY_US)] * 2


@pytest.mark.parametrize("currency", [EUR, USD])
@pytest.mark.parametrize("kind", [TRANSIT_OUT, TRANSIT_IN])
async def test_a_system_accounts_currency_is_in_its_number(told, currency: int, kind: int) -> None:
    number = system_account(3, currency, kind)
    db = told(SQL, system_balances=[{"number": number, "posted": -5}])
    (found,) = await load.system_accounts(db, [number])
    assert (found.number, found.tenant, found.id, found.currency) == (number, 0, "", currency)
    assert (found.posted, found.held) == (-5, 0)


async def test_creditors_of_other_actors_are_told_by_tenant_and_id(told) -> None:
    rows = [
        {"tenant": 5, "id": "shop", "number": SHOP, "currency": USD, "closed": True},
        {"tenant": 6, "id": "shop", "number": ANNA, "currency": EUR, "closed": False},
    ]
    db = told(SQL, creditors=rows)
    found = await load.creditors(db, [(5, "shop"), (6, "other")])
    assert db.asked == [("creditors", ([5, 6], ["shop", "other"]))]
    assert [(key, c.number, c.currency, c.closed) for key, c in found] == [
        ((5, "shop"), SHOP, USD, True), ((6, "shop"), ANNA, EUR, False),
    ]  # fmt: skip


async def test_accounts_of_a_role_are_found_by_what_there_is_one_of(told) -> None:
    """Not all were opened; what is asked goes in columns, and nothing is nothing."""
    one, other = RoleKey(1, 1, 5, "sepa", EUR), RoleKey(1, 1, 6, "sepa", USD)

    def found(*columns: list[Any]) -> list[dict[str, Any]]:
        return [{**one._asdict(), "number": ANNA}] if columns[0] else []

    db = told(
        SQL, role_accounts=found,
        accounts_by_number=lambda numbers: [account(n, id=None) for n in numbers],
    )  # fmt: skip
    accounts = await load.role_accounts(db, [one, other])
    assert {key: (a.number, a.id, a.posted) for key, a in accounts.items()} == {one: (ANNA, "", 15)}
    assert db.asked[0] == (
        "role_accounts", ([1, 1], [1, 1], [5, 6], ["sepa", "sepa"], [EUR, USD])
    )  # fmt: skip
    assert await load.role_accounts(db, []) == {}
    assert db.asked[2] == ("role_accounts", ([],) * 5)


# Payments and legs


def test_a_record_is_its_row_in_microseconds() -> None:
    ends = datetime.fromtimestamp(1_700_000_005, UTC)
    row = journal(seq=4, kind=K.HELD, key="k", expires_at=ends, details=b"{}")
    assert record_of(row) == Record(
        seq=4, kind=K.HELD, key="k", details=b"{}", payment=PAYMENT.bytes, trace=TRACE.bytes,
        at=AT, occurred_at=AT - 1, expires_at=1_700_000_005_000_000,
    )  # fmt: skip
    assert record_of(journal()).expires_at is None


async def test_a_payment_is_the_sum_of_its_records(told) -> None:
    held = {"kind": K.HELD, "state": S.AUTHORIZED, "amount": 100, "leg": -1, "debit": ANNA}
    captured = {"kind": K.CAPTURED, "state": S.SETTLED, "amount": 100, "leg": 1, "debit": ANNA}
    rows = [journal(seq=1, **held), journal(seq=1, payment=OTHER, **held),
            journal(seq=2, **captured)]  # fmt: skip
    db = told(SQL, payments=rows)
    found = {p.id: p for p in await load.payments(db, [PAYMENT.bytes, OTHER.bytes])}
    assert found[PAYMENT.bytes].state == S.SETTLED
    assert found[OTHER.bytes].state == S.AUTHORIZED
    assert db.names() == ["payments"], "nobody reviews one of them"


async def test_a_review_has_its_length_and_who_submitted_it(told) -> None:
    review = {"kind": K.HELD_FOR_REVIEW, "state": S.IN_REVIEW, "amount": 100, "debit": ANNA}
    rows = [journal(**review), journal(payment=OTHER, **review)]
    reviews = [
        {"payment": PAYMENT, "expires_in_s": 60, "submitted_by": UUID(int=3)},
        {"payment": OTHER, "expires_in_s": 0, "submitted_by": None},
    ]
    db = told(SQL, payments=rows, reviews=reviews)
    found = await load.payments(db, [PAYMENT.bytes, OTHER.bytes])
    assert [(p.expires_in_s, p.submitted_by) for p in found] == [
        (60, UUID(int=3).bytes), (0, b""),
    ]  # fmt: skip


def leg_row(seq: int, kind: K = K.DEBITED) -> dict[str, Any]:
    return {
        "payment": PAYMENT, "leg": 2, "partition": 1, "seq": seq, "kind": kind, "tenant": 5,
        "currency": EUR, "amount": 30, "debtor": ANNA, "creditor": SHOP, "trace": TRACE,
    }  # fmt: skip


async def test_open_legs_come_page_by_page_each_after_the_one_before(told) -> None:
    seqs = [3, 4, 8, 9, 15]
    asked = []

    def page(partition: int, since: int, limit: int) -> list[dict[str, Any]]:
        asked.append((partition, since, limit))
        return [leg_row(seq) for seq in seqs if seq >= since][:limit]

    found = await load.open_legs(told(SQL, open_legs=page), 1, 3, page=2)
    assert [leg.seq for leg in found] == seqs
    assert asked == [(1, 3, 2), (1, 5, 2), (1, 10, 2)]


async def test_a_full_last_page_is_not_the_end(told) -> None:
    def page(_: int, since: int, limit: int) -> list[dict[str, Any]]:
        return [leg_row(seq) for seq in (3, 4) if seq >= since][:limit]

    assert len(await load.open_legs(told(SQL, open_legs=page), 1, 0, page=2)) == 2


@pytest.mark.parametrize(
    ("kind", "refund", "sole"),
    [(K.DEBITED, False, True), (K.CAPTURED, False, False), (K.REFUND_REQUESTED, True, False)],
)
async def test_what_opened_a_leg_says_what_it_is(told, kind: K, refund: bool, sole: bool) -> None:
    (leg,) = await load.open_legs(told(SQL, open_legs=[leg_row(3, kind)]), 1, 0, 9)
    assert (leg.refund, leg.sole) == (refund, sole)
    assert (leg.payment, leg.leg, leg.partition, leg.seq) == (PAYMENT.bytes, 2, 1, 3)
    assert (leg.tenant, leg.currency, leg.amount) == (5, EUR, 30)
    assert (leg.debtor, leg.creditor, leg.trace) == (ANNA, SHOP, TRACE.bytes)


async def test_no_legs_are_no_legs(told) -> None:
    shown = await load.legs(told(SQL, legs=[]), [1], [2], again=False)
    assert (len(shown.legs), shown.answered) == (0, {})


def packed(*legs: tuple[Any, ...]) -> bytes:
    """As the ledger packs them; times are PostgreSQL's."""
    return np.array(list(legs), LEG).tobytes()


SHOWN = packed(
    (0, K.DEBITED, 1, 5, EUR, 30, SHOP, AT - POSTGRES_EPOCH_US, PAYMENT.bytes, TRACE.bytes),
    (2, K.REFUND_REQUESTED, 2, 5, EUR, 40, ANNA, 0, OTHER.bytes, TRACE.bytes),
)


async def test_legs_are_what_the_ledger_shows_of_them(told) -> None:
    db = told(SQL, legs=[SHOWN])
    shown = await load.legs(db, [1, 1, 3], [7, 8, 9], again=False)
    assert db.asked == [("legs", ([1, 1, 3], [7, 8, 9]))]
    assert shown.legs["index"].tolist() == [0, 2]
    assert shown.legs["amount"].tolist() == [30, 40]
    assert shown.legs["occurred_at"].tolist() == [AT, POSTGRES_EPOCH_US]
    assert shown.answered == {}


async def test_of_a_repeat_it_is_asked_what_was_done_with_it(told) -> None:
    db = told(SQL, legs=[SHOWN], answered=[{"index": 2, "reason": 9}, {"index": 0, "reason": 0}])
    shown = await load.legs(db, [1, 1, 3], [7, 8, 9], again=True)
    assert shown.answered == {2: 9, 0: 0}
    assert db.asked[1] == ("answered", ([PAYMENT, OTHER], [1, 2], [0, 2]))


async def test_due_holds_are_asked_for_as_of_now(told) -> None:
    db = told(SQL, due_holds=[{"payment": PAYMENT}, {"payment": OTHER}])
    assert await load.due_holds(db, (1, 3), AT, 1_000) == [PAYMENT.bytes, OTHER.bytes]
    assert db.asked == [("due_holds", ([1, 3], from_us(AT), 1_000))]


# First answers


def key_row(kind: K, **fields: Any) -> dict[str, Any]:
    given = {
        "tenant": 5, "key": "k", "fingerprint": 77, "partition": 1, "seq": 4, "payment": PAYMENT,
        "state": 3, "reason": 2, "risk_score": 120, "risk_flags": 8, "risk_model": 1, "amount": 30,
        "leg": 6, "kind": kind, "debit_posted": 40, "credit_posted": 50, "at": AT,
        "expires_at": None,
    }  # fmt: skip
    return {**given, **fields}


@pytest.mark.parametrize(
    ("kind", "payment", "amount", "leg"),
    [
        (K.DEPOSITED, b"", 50, 0),
        (K.WITHDRAWN, b"", 40, 0),
        (K.SETTLED, PAYMENT.bytes, 0, 0),
        (K.HELD, PAYMENT.bytes, 0, 0),
        (K.CAPTURED, PAYMENT.bytes, 30, 6),
        (K.REFUND_REQUESTED, PAYMENT.bytes, 30, 6),
        (K.RELEASED, PAYMENT.bytes, 30, 0),
        (K.ACCEPTED, PAYMENT.bytes, 30, 0),
    ],
)
async def test_a_key_gets_its_first_answer(
    told, kind: K, payment: bytes, amount: int, leg: int
) -> None:
    found = await load.keys(told(SQL, keys=[key_row(kind)]), [(5, "k")])
    answer = Done(1, 4, AT, payment, 3, 2, 120, 8, 1, amount, leg, 0)
    assert found == {(5, "k"): (77, answer)}


async def test_a_hold_that_ends_tells_when(told) -> None:
    db = told(SQL, keys=[key_row(K.HELD, expires_at=AT + 5)])
    found = await load.keys(db, [(5, "k"), (6, "l")])
    assert found[5, "k"][1].expires_at == AT + 5
    assert db.asked == [("keys", ([5, 6], ["k", "l"]))]
