"""Every judge passes what is right and finds what is wrong."""

from typing import Any

import pytest

from headrace.loadtests.books import judge
from headrace.loadtests.books.api import Told
from headrace.loadtests.books.model.outcome import Outcome, refused

from .conftest import DAY, Kept

EXPECTED = Outcome(status=201, body={"status": "settled", "amount": 5})
RIGHT = {"status": "settled", "amount": 5, "more": 1}


def _told(status: int, body: Any, *, replayed: bool = False, doubtful: bool = False) -> Told:
    return Told(status, body, {"idempotent-replayed": "true"} if replayed else {}, doubtful)


def test_an_answer_as_expected_passes() -> None:
    assert not judge.answer(EXPECTED, _told(201, RIGHT))
    assert not judge.answer(EXPECTED, _told(201, RIGHT, replayed=True, doubtful=True))


@pytest.mark.parametrize(
    "told",
    [
        _told(200, RIGHT),
        _told(201, {**RIGHT, "amount": 6}),
        _told(201, {**RIGHT, "amount": None}),
        _told(201, {"status": "settled"}),
        _told(201, RIGHT, replayed=True),
        _told(422, {"code": "key_reused", "status": 422}),
        _told(201, "settled"),
    ],
)
def test_a_wrong_answer_is_found(told: Told) -> None:
    assert judge.answer(EXPECTED, told)


@pytest.mark.parametrize(
    ("status", "body", "right"),
    [
        (409, {"code": "account_frozen", "status": 409, "errors": [{"field": "debtor"}]}, True),
        (409, {"code": "account_closed", "status": 409, "errors": [{"field": "debtor"}]}, False),
        (409, {"code": "account_frozen", "status": 409, "errors": [{"field": "creditor"}]}, False),
        (404, {"code": "account_frozen", "status": 404}, False),
        (201, {"status": "settled"}, False),
    ],
)
def test_a_refusal_names_code_and_field(status: int, body: dict[str, Any], right: bool) -> None:
    wrong = judge.answer(refused("account_frozen", "debtor"), _told(status, body))
    assert (not wrong) is right


def _item(kept: Kept, **payment: Any) -> list[str]:
    asked = {"debtor": "a", "creditor": "b", "amount": 1, "currency": "EUR"}
    expected = kept.books.pay(asked, "key", DAY)
    told = {"id": "p1", "idempotency_key": "key", "status": "settled", **payment}
    return judge.item(expected, {"status": 201, "payment": told}, doubtful=False)


def test_an_item_of_a_batch_may_be_on_its_way_but_not_otherwise(kept: Kept) -> None:
    assert not _item(kept)
    assert not _item(kept, status="authorized")
    assert _item(kept, status="declined", decline_reason="insufficient_funds")
    assert _item(kept, status="in_review")
    assert _item(kept, idempotency_key="other")


def test_an_item_in_review_is_not_let_pass(kept: Kept) -> None:
    kept.open("rich", 9_000_000)
    asked = {"debtor": "rich", "creditor": "b", "amount": 2_000_000, "currency": "EUR"}
    expected = kept.books.pay(asked, "key", DAY)
    told = {"id": "p1", "idempotency_key": "key", "status": "authorized"}
    assert judge.item(expected, {"status": 201, "payment": told}, doubtful=False)


def test_a_reused_key_is_not_told_as_the_other_payment_when_a_batch_is_read_again() -> None:
    reused = refused("key_reused")
    paid = {"status": 201, "payment": {"id": "p1", "status": "settled"}}
    problem = {"status": 422, "problem": {"code": "key_reused"}}
    assert judge.item_read_again(reused, None, paid)
    assert not judge.item_read_again(reused, None, problem)
    absent = {"status": 404, "problem": {"code": "unknown_payment"}}
    assert judge.item_read_again(reused, None, absent)
    assert not judge.item_read_again(refused("account_frozen"), None, absent)


def test_a_refunded_item_is_not_told_as_settled(kept: Kept) -> None:
    paid = kept.pay(100, key="key")
    kept.books.refund(paid, {}, "r").effect({})
    item = {"id": paid.id, "idempotency_key": "key", "status": "settled"}
    assert judge.item_read_again(EXPECTED, paid.view(), {"status": 201, "payment": item})
    item["status"] = "refunded"
    assert not judge.item_read_again(EXPECTED, paid.view(), {"status": 201, "payment": item})


def test_a_replay_is_the_first_answer(kept: Kept) -> None:
    first = kept.pay(100, key="key").view()
    assert not judge.replay(first, _told(201, first, replayed=True))
    assert not judge.replay(first, _told(201, {**first, "status": "authorized"}, replayed=True))
    assert judge.replay(first, _told(201, first))
    assert judge.replay(first, _told(201, {**first, "id": "p9"}, replayed=True))
    assert judge.replay(first, _told(201, {**first, "status": "refunded"}, replayed=True))


def _entries(*changes: int) -> list[dict[str, Any]]:
    """Newest first, a microsecond apart."""
    posted, told = 0, []
    for place, amount in enumerate(changes, 1):
        posted += amount
        told.append(
            {
                "id": f"3:{place}", "at": f"2026-03-01T12:00:00.{place:06}Z", "payment": None,
                "amount": amount, "held_amount": 0, "currency": "EUR", "posted": posted, "held": 0,
            }
        )  # fmt: skip
    return told[::-1]


ACCOUNT = {"posted": 60, "held": 0}


def test_a_statement_is_the_sum_of_its_entries() -> None:
    right = _entries(100, -30, -10)
    assert not judge.statement(right, right, ACCOUNT)
    assert judge.statement(right, right[1:], ACCOUNT)
    assert judge.statement(right, right, {"posted": 61, "held": 0})
    assert judge.statement(right[:2], right, ACCOUNT)
    assert judge.chain([right[0], {**right[1], "posted": 71}, right[2]], ACCOUNT)
    assert judge.chain([right[1], right[0], right[2]], ACCOUNT)
    assert judge.chain([right[0], *right], ACCOUNT)


def test_an_entry_shows_its_payments_texts() -> None:
    payments = {"p": {"reference": "r", "description": None}}
    entry = {"id": "1", "payment": "p", "reference": "r", "description": None}
    deposit = {"id": "2", "payment": None, "reference": "x", "description": "y"}
    assert judge.texts([entry, deposit], payments) == []
    for wrong in ({"reference": None}, {"description": "r"}):
        assert len(judge.texts([{**entry, **wrong}], payments)) == 1


def test_adjoining_statements_have_each_entry_once() -> None:
    whole = _entries(100, -30, -10)
    assert not judge.adjoining(whole, [whole[2:], whole[1:2], whole[:1]])
    assert not judge.adjoining(whole, [[], whole])
    assert judge.adjoining(whole, [whole[2:], whole[:1]])
    assert judge.adjoining(whole, [whole[1:], whole[:2]])


def test_a_past_balance_is_that_of_the_entry_before() -> None:
    whole = _entries(100, -30, -10)
    moment = "2026-03-01T12:00:00.000003Z"
    assert not judge.as_of(whole, moment, {"posted": 70, "held": 0})
    assert judge.as_of(whole, moment, {"posted": 60, "held": 0})
    assert not judge.as_of(whole, "2020-01-01T00:00:00Z", {"posted": 0, "held": 0})


def test_a_list_has_each_payment_once_newest_first() -> None:
    told = [{"id": "b", "created_at": "2"}, {"id": "a", "created_at": "1"}]
    assert not judge.page_order(told, ["a", "b"])
    assert judge.page_order(told, ["a", "b", "c"])
    assert judge.page_order(told, ["a"])
    assert not judge.page_order(told, ["a"], more_may_come=True)
    assert judge.page_order(told, ["c"], more_may_come=True)
    assert judge.page_order([*told, told[1]], ["a", "b"])
    assert judge.page_order(told[::-1], ["a", "b"])


def test_a_timeline_ends_where_the_payment_stands() -> None:
    told = [
        {"id": "1:4", "status": "authorized", "at": "1"},
        {"id": "1:9", "status": "settled", "at": "2"},
    ]
    assert not judge.timeline(told, {"status": "settled"})
    assert judge.timeline(told, {"status": "refunded"})
    assert judge.timeline(told[::-1], {"status": "authorized"})
    assert judge.timeline([], {"status": "settled"})


def test_a_hold_lasts_as_long_as_was_asked() -> None:
    since, then = "2026-03-01T12:00:00.000001Z", "2026-03-01T12:01:00.000001Z"
    assert not judge.expires(60, since, then)
    assert judge.expires(60, since, "2026-03-08T12:00:00.000001Z")
    assert judge.expires(60, since, None)
    assert not judge.expires(None, since, None)
