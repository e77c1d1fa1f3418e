"""Bounds of money, and currencies by number and code."""

import pytest

from headrace.runtime.money import (
    AMOUNT_MAX,
    BALANCE_MAX,
    currency_code,
    currency_number,
    minor_units,
)


def test_bounds_are_what_the_api_promises():
    assert AMOUNT_MAX == 1_000_000_000_000_000
    assert BALANCE_MAX == 9_007_199_254_740_991


@pytest.mark.parametrize(
    ("code", "number", "units"), [("EUR", 978, 2), ("JPY", 392, 0), ("KWD", 414, 3)]
)
def test_currencies_have_a_code_a_number_and_minor_units(code, number, units):
    assert currency_number(code) == number
    assert currency_code(number) == code
    assert minor_units(number) == units


@pytest.mark.parametrize("code", ["XAU", "XXX", "eur", "", "ABC"])
def test_what_holds_no_money_is_no_currency(code):
    assert currency_number(code) is None


@pytest.mark.parametrize("number", [0, 959, 999])
def test_a_number_without_money_has_no_code(number):
    with pytest.raises(KeyError):
        currency_code(number)
