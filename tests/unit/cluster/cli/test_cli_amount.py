from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headrace.cluster.cli.amount import (
    AmountRefused,
    exact_minor_units,
    in_minor_units,
)
from headrace.cluster.cli.failures import BadInput
from headrace.runtime.money import AMOUNT_MAX

CURRENCIES = st.sampled_from([("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])


def refusal(value: object, currency: str = "EUR") -> str:
    with pytest.raises(AmountRefused) as caught:
        in_minor_units(value, currency)
    return caught.value.code


@given(st.integers(1, AMOUNT_MAX), CURRENCIES)
def test_every_amount_survives_as_decimal_text(minor: int, money: tuple[str, int]) -> None:
    currency, digits = money
    written = str(Decimal(minor).scaleb(-digits))
    assert in_minor_units(written, currency) == minor
    assert in_minor_units(Decimal(written), currency) == minor


@given(st.integers(1, 10**12), CURRENCIES)
def test_every_everyday_amount_survives_a_binary_float(minor: int, money: tuple[str, int]) -> None:
    currency, digits = money
    assert in_minor_units(minor / 10**digits, currency) == minor


@given(st.floats(min_value=0.01, max_value=1e12))
@example(85.64999999999999)
@example(0.1 + 0.2)
@example(10.00000001)
def test_an_accepted_float_is_within_a_millionth_of_its_minor_unit(value: float) -> None:
    off = abs(Fraction(repr(value)) * 100 - round(Fraction(repr(value)) * 100))
    if off <= Fraction(1, 10**6):
        assert in_minor_units(value, "EUR") == round(Fraction(repr(value)) * 100)
    else:
        assert refusal(value) == "invalid_amount"


@pytest.mark.parametrize(
    ("value", "minor"),
    [
        (85.64999999999999, 8565),
        (57.16, 5716),
        ("85.64999999999999", 8565),
        (10.00000001, 1000),
        (5, 500),
        (" 5.00 ", 500),
        ("1e2", 10_000),
        ("10000000000000.00", AMOUNT_MAX),
        (AMOUNT_MAX / 100, AMOUNT_MAX),
    ],
)
def test_amounts_that_are_meant(value: object, minor: int) -> None:
    assert in_minor_units(value, "EUR") == minor


@pytest.mark.parametrize(
    "value",
    [
        0, 0.0, -0.0, "0", "0.00", -1, -0.01, "-5", 0.001, 10.005, 10.0000001, "10.005", "", "abc",
        "1_000", "1,000.00", "٣", "NaN", "Infinity", float("nan"), float("inf"), True, None, [],
        "10000000000000.01", 10**30, "9" * 61, "1e999999", "1e-999999",
        1e300, 5e-324, float(2**53), 10000000000000.01, Decimal("1e-7"), "0x10",
    ],
)  # fmt: skip
def test_amounts_that_are_refused(value: object) -> None:
    assert refusal(value) == "invalid_amount"


def test_integers_too_long_to_print_are_refused_too() -> None:
    assert refusal(10**5000) == refusal(-(10**5000)) == "invalid_amount"


def test_minor_units_are_the_currencys() -> None:
    assert in_minor_units(1250.0, "JPY") == 1250
    assert in_minor_units("1.234", "KWD") == 1234
    assert refusal(0.5, "JPY") == "invalid_amount"


@pytest.mark.parametrize("currency", ["eur", "EURO", "XAU", "", None, 978])
def test_unknown_currencies_are_refused_as_such(currency: object) -> None:
    with pytest.raises(AmountRefused) as caught:
        in_minor_units("1.00", currency)
    assert caught.value.code == "unknown_currency"


def test_typed_amounts_may_be_zero_only_where_that_means_something() -> None:
    assert exact_minor_units("0", "EUR", zero=True) == 0
    assert exact_minor_units("12.50", "EUR") == 1250
    with pytest.raises(BadInput, match="greater than zero"):
        exact_minor_units("0", "EUR")
    with pytest.raises(BadInput, match="no whole minor unit"):
        exact_minor_units("0.005", "EUR", zero=True)
