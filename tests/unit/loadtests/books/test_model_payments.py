"""The client's model of payments says what the guide says."""

from typing import Any

import pytest

from headrace.loadtests.books.model.account import AMOUNT_MAX, BALANCE_MAX
from headrace.loadtests.books.model.risk import FREE_FROM, REJECT_FROM, REVIEW_FROM, outcome_of

from .conftest import DAY, Kept


def _asked(**more: Any) -> dict[str, Any]:
    return {"debtor": "a", "creditor": "b", "amount": 1, "currency": "EUR", **more}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"amount": 0}, "invalid_amount"),
        ({"amount": AMOUNT_MAX + 1}, "invalid_amount"),
        ({"currency": "ZZZ"}, "unknown_currency"),
        ({"creditor": "a"}, "same_account"),
        ({"debtor": "nobody"}, "unknown_account"),
        ({"creditor": "nobody"}, "unknown_account"),
        ({"currency": "USD"}, "currency_mismatch"),
        ({"amount": 0, "currency": "ZZZ", "creditor": "a"}, "invalid_amount"),
        ({"currency": "USD", "creditor": "nobody"}, "unknown_account"),
    ],
)
def test_a_payment_is_refused_for_the_first_reason(
    kept: Kept, more: dict[str, Any], code: str
) -> None:
    assert kept.books.pay(_asked(**more), "key", DAY).code == code


@pytest.mark.parametrize(
    ("amount", "status"), [(999, "settled"), (1_000, "settled"), (1_001, "declined")]
)
def test_no_more_is_paid_than_there_is(kept: Kept, amount: int, status: str) -> None:
    assert kept.pay(amount).status == status
    paid = amount if status == "settled" else 0
    assert (kept.balance("a"), kept.balance("b")) == ((1_000 - paid, 0), (paid, 0))


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"payment_max": 99}, "payment_limit"),
        ({"daily_amount_max": 199}, "daily_amount_limit"),
        ({"daily_count_max": 1}, "daily_count_limit"),
        ({"payment_max": 100, "daily_amount_max": 200, "daily_count_max": 2}, None),
    ],
)
def test_limits_are_inclusive(kept: Kept, limits: dict[str, int], reason: str | None) -> None:
    kept.pay(100)
    kept.books.change("a", {"limits": limits}).effect({})
    assert kept.pay(100).decline_reason == reason


def test_a_new_day_counts_anew(kept: Kept) -> None:
    kept.books.change("a", {"limits": {"daily_amount_max": 100}}).effect({})
    assert kept.pay(100).status == "settled"
    assert kept.pay(1).decline_reason == "daily_amount_limit"
    assert kept.pay(100, day="2026-03-02").status == "settled"


def test_a_released_hold_gives_the_limit_back(kept: Kept) -> None:
    kept.books.change("a", {"limits": {"daily_amount_max": 100, "daily_count_max": 1}}).effect({})
    held = kept.pay(100, capture="manual")
    kept.books.cancel(held, "c", DAY).effect({})
    assert kept.pay(100).status == "settled"


def test_parts_are_captured_and_the_last_one_releases_the_rest(kept: Kept) -> None:
    held = kept.pay(100, capture="manual")
    assert kept.balance("a") == (1_000, 100)
    kept.books.capture(held, {"amount": 30, "final": False}, "c1", DAY).effect({})
    assert (held.status, kept.balance("a")) == ("partially_captured", (970, 70))
    assert kept.books.capture(held, {"amount": 71}, "c2", DAY).code == "amount_too_large"
    kept.books.capture(held, {"amount": 20}, "c3", DAY).effect({})
    assert (held.status, held.captured, held.held) == ("settled", 50, 0)
    assert (kept.balance("a"), kept.balance("b")) == ((950, 0), (50, 0))
    assert kept.books.capture(held, {}, "c4", DAY).code == "wrong_state"


def test_a_refund_comes_from_the_creditor_as_far_as_its_money_goes(kept: Kept) -> None:
    paid = kept.pay(100)
    kept.books.refund(paid, {"amount": 40}, "r1").effect({})
    assert (paid.status, kept.balance("a"), kept.balance("b")) == (
        "partially_refunded", (940, 0), (60, 0),
    )  # fmt: skip
    money = {"amount": 10, "currency": "EUR"}
    kept.books.fund("b", money, "w", deposit=False).effect({})
    declined = kept.books.refund(paid, {}, "r2")
    assert declined.body["status"] == "declined"
    declined.effect({})
    assert paid.movements[-1].decline_reason == "insufficient_funds"
    assert (paid.refundable, kept.balance("b")) == (60, (50, 0))


def test_a_review_is_decided_once(kept: Kept) -> None:
    kept.open("rich", 3 * REVIEW_FROM)
    first, second = (kept.pay(REVIEW_FROM, debtor="rich") for _ in range(2))
    assert (first.status, kept.balance("rich")[1]) == ("in_review", 2 * REVIEW_FROM)
    kept.books.accept(first, "a").effect({})
    kept.books.reject(second, "j", DAY).effect({})
    assert (first.status, second.status) == ("settled", "declined")
    assert second.decline_reason == "review_rejected"
    assert kept.balance("rich") == (2 * REVIEW_FROM, 0)
    assert (
        kept.books.accept(first, "x").code
        == kept.books.reject(second, "y", DAY).code
        == "wrong_state"
    )


def test_a_key_stands_for_one_request(kept: Kept) -> None:
    paid = kept.pay(100, key="key")
    again = kept.books.pay(_asked(amount=100), "key", DAY)
    assert (again.replayed, again.body["id"]) == (True, paid.id)
    assert kept.books.pay(_asked(amount=101), "key", DAY).code == "key_reused"
    money = {"amount": 100, "currency": "EUR"}
    assert kept.books.fund("a", money, "key", deposit=True).code == "key_reused"


def test_a_decline_burns_its_key_and_a_refusal_does_not(kept: Kept) -> None:
    kept.pay(5_000, key="declined")
    assert kept.books.pay(_asked(amount=5_000), "declined", DAY).replayed
    assert kept.books.pay(_asked(creditor="nobody"), "refused", DAY).code == "unknown_account"
    assert kept.pay(1, key="refused").status == "settled"


def test_an_account_that_is_full_takes_nothing(kept: Kept) -> None:
    while (room := BALANCE_MAX - kept.balance("b")[0]) > 0:
        money = {"amount": min(room, AMOUNT_MAX), "currency": "EUR"}
        kept.books.fund("b", money, f"fill{room}", deposit=True).effect({})
    assert kept.books.pay(_asked(), "key", DAY).code == "amount_too_large"


@pytest.mark.parametrize(
    ("amount", "outcome"),
    [
        (REVIEW_FROM - 1, "accept"),
        (REVIEW_FROM, "review"),
        (REJECT_FROM - 1, "review"),
        (REJECT_FROM, "reject"),
        (FREE_FROM, "accept"),
    ],
)
def test_risk_is_foreseen_by_the_amount(amount: int, outcome: str) -> None:
    assert outcome_of(amount, degraded=False) == outcome
    assert outcome_of(amount, degraded=True) == "reject"
    assert outcome_of(5_000, degraded=True) == "accept"


def test_a_decision_on_a_hold_has_a_key_of_its_own(kept: Kept) -> None:
    held = kept.pay(100, capture="manual")
    kept.books.cancel(held, "undo", DAY).effect({})
    again = kept.books.cancel(held, "undo", DAY)
    assert (again.status, again.replayed) == (200, True)
    assert kept.books.cancel(held, "undo-2", DAY).code == "wrong_state"
    assert kept.books.refund(held, {}, "undo").code == "key_reused"
