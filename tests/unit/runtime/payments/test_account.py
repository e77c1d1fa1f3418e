"""An account by itself: what is available, what its limits allow, what a day counts."""

import pytest
from scene import DAY, EUR

from headrace.runtime.clock import DAY_US
from headrace.runtime.journal.account_numbers import FIRST_ORDINAL, account_number
from headrace.runtime.journal.reasons import DeclineReason as D
from headrace.runtime.journal.states import AccountState
from headrace.runtime.payments.account import Account, Creditor, Terms
from headrace.runtime.risk.windows import EMPTY, Windows

MIDNIGHT = DAY * DAY_US


def account(**settings):
    made = Account(account_number(3, FIRST_ORDINAL), 7, "anna", EUR)
    for name, value in settings.items():
        setattr(made, name, value)
    return made


def test_a_new_account_has_nothing_and_no_limits():
    assert {name: getattr(account(), name) for name in Account.__slots__} == {
        "number": account_number(3, FIRST_ORDINAL), "partition": 3, "tenant": 7, "id": "anna",
        "currency": EUR,
        "state": AccountState.OPEN, "credit_line": 0, "payment_max": 0, "daily_amount_max": 0,
        "daily_count_max": 0, "posted": 0, "held": 0, "day": 0, "day_amount": 0, "day_count": 0,
        "counts": False, "opened_as": None, "windows": None, "batch": 0,
    }  # fmt: skip


def test_a_creditor_of_another_actor_is_three_facts():
    creditor = Creditor(5, EUR, True)
    assert (creditor.number, creditor.currency, creditor.closed) == (5, EUR, True)


def test_states_have_the_numbers_of_the_ledger():
    assert {state.name: state.value for state in AccountState} == {
        "OPEN": 1, "FROZEN": 2, "CLOSED": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("posted", "held", "line", "available"),
    [(0, 0, 0, 0), (100, 0, 0, 100), (100, 30, 0, 70), (100, 0, 50, 150), (-20, 30, 50, 0)],
)
def test_available_is_posted_less_held_plus_the_credit_line(posted, held, line, available):
    assert account(posted=posted, held=held, credit_line=line).available == available


@pytest.mark.parametrize(
    ("limit", "by_day"),
    [("payment_max", False), ("daily_amount_max", True), ("daily_count_max", True)],
)
def test_what_counts_a_day_is_limited_by_day(limit, by_day):
    assert account().limited_by_day() is False
    assert account(**{limit: 1}).limited_by_day() is by_day


@pytest.mark.parametrize(
    ("limits", "amount", "reason"),
    [
        ({"payment_max": 100}, 99, D.NONE),
        ({"payment_max": 100}, 100, D.NONE),
        ({"payment_max": 100}, 101, D.PAYMENT_LIMIT),
        ({"daily_amount_max": 150}, 99, D.NONE),
        ({"daily_amount_max": 150}, 100, D.NONE),
        ({"daily_amount_max": 150}, 101, D.DAILY_AMOUNT_LIMIT),
        ({"daily_count_max": 4}, 10**9, D.NONE),
        ({"daily_count_max": 3}, 1, D.DAILY_COUNT_LIMIT),
        ({"daily_count_max": 2}, 1, D.DAILY_COUNT_LIMIT),
        ({"payment_max": 9, "daily_amount_max": 9, "daily_count_max": 1}, 10, D.PAYMENT_LIMIT),
        ({"payment_max": 10, "daily_amount_max": 9, "daily_count_max": 1}, 10,
         D.DAILY_AMOUNT_LIMIT),
        ({"payment_max": 10, "daily_amount_max": 60, "daily_count_max": 1}, 10,
         D.DAILY_COUNT_LIMIT),
        ({"payment_max": 10, "daily_amount_max": 60, "daily_count_max": 4}, 10, D.NONE),
        ({}, 10**15, D.NONE),
    ],
)  # fmt: skip
def test_the_first_limit_that_a_payment_would_break(limits, amount, reason):
    """Fifty in three payments have gone today."""
    anna = account(day=DAY, day_amount=50, day_count=3, **limits)
    assert anna.over_limit(amount, MIDNIGHT + 5) == reason
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY, 50, 3)


def test_without_limits_no_day_is_turned():
    anna = account(day=DAY, day_amount=50, day_count=3)
    assert anna.over_limit(1, MIDNIGHT + DAY_US) == D.NONE
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY, 50, 3)


@pytest.mark.parametrize(
    ("now", "day", "amount", "count"),
    [
        (MIDNIGHT - 1, DAY - 1, 60, 4),
        (MIDNIGHT, DAY, 10, 1),
        (MIDNIGHT + DAY_US - 1, DAY, 10, 1),
        (MIDNIGHT + DAY_US, DAY + 1, 10, 1),
    ],
)
def test_a_day_ends_at_midnight_utc(now, day, amount, count):
    anna = account(day=DAY - 1, day_amount=50, day_count=3)
    anna.count_authorised(10, now)
    assert (anna.day, anna.day_amount, anna.day_count) == (day, amount, count)


def test_limits_too_look_at_the_day_that_has_begun():
    anna = account(day=DAY - 1, day_amount=50, day_count=3, daily_count_max=3, daily_amount_max=50)
    assert anna.over_limit(50, MIDNIGHT - 1) == D.DAILY_AMOUNT_LIMIT
    assert anna.over_limit(50, MIDNIGHT) == D.NONE
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY, 0, 0)


def test_a_day_never_comes_back():
    anna = account(day=DAY, day_amount=50, day_count=3, daily_count_max=9)
    assert anna.over_limit(1, MIDNIGHT - 1) == D.NONE
    anna.count_authorised(10, MIDNIGHT - 1)
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY, 60, 4)


@pytest.mark.parametrize(
    ("authorised_at", "whole", "amount", "count"),
    [
        (MIDNIGHT, False, 30, 3),
        (MIDNIGHT, True, 30, 2),
        (MIDNIGHT + DAY_US - 1, True, 30, 2),
        (MIDNIGHT - 1, True, 50, 3),
        (MIDNIGHT + DAY_US, True, 50, 3),
    ],
)
def test_what_is_released_comes_off_the_day_that_it_was_counted_on(
    authorised_at, whole, amount, count
):
    anna = account(day=DAY, day_amount=50, day_count=3, counts=True)
    anna.give_back(20, authorised_at, whole)
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY, amount, count)


def test_nothing_comes_off_what_was_never_counted():
    anna = account(day=DAY, day_amount=50, day_count=3)
    anna.give_back(20, MIDNIGHT, True)
    assert (anna.day, anna.day_amount, anna.day_count) == (DAY, 50, 3)


def test_terms_are_its_settings():
    anna = account(credit_line=1, payment_max=2, daily_amount_max=3, daily_count_max=4)
    assert anna.terms() == Terms(1, 2, 3, 4)
    anna.set_terms(Terms(5, 6, 7, 8))
    assert anna.terms() == Terms(5, 6, 7, 8)
    assert (anna.credit_line, anna.payment_max) == (5, 6)
    assert (anna.daily_amount_max, anna.daily_count_max) == (7, 8)


def test_it_goes_back_to_what_payments_had_not_changed_yet():
    anna = account(posted=1, held=2, day=3, day_amount=4, day_count=5, batch=6, windows=Windows())
    was = anna.balances()
    assert was == (1, 2, 3, 4, 5, EMPTY, 6)
    anna.posted, anna.held, anna.day, anna.day_amount, anna.day_count, anna.batch = range(11, 17)
    anna.windows.observe(MIDNIGHT, 5)
    anna.restore(was)
    assert anna.balances() == was


def test_a_system_account_goes_back_without_windows():
    external = account(posted=1, windows=None)
    was = external.balances()
    external.posted = 2
    external.restore(was)
    assert (external.posted, external.windows) == (1, None)


@pytest.mark.parametrize(("before", "after"), [(None, Windows()), (Windows(), None)])
def test_windows_that_came_or_went_meanwhile_are_left_alone(before, after):
    anna = account(posted=1, windows=before)
    was = anna.balances()
    anna.windows, anna.posted = after, 2
    anna.restore(was)
    assert (anna.posted, anna.windows) == (1, after)
    assert after is None or after.state == EMPTY
