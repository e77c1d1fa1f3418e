"""Amounts as people and files write them: decimals in major units, made exact minor units.

A decimal that went through binary floating point (85.64999999999999) is taken for the minor unit
it lies within 1e-6 of; anything further off is refused, never rounded. A binary float is read by
its shortest decimal form, which names one minor unit up to 2**53, far above the largest amount.
"""

from collections.abc import Callable
from decimal import Context, Decimal, InvalidOperation
from math import isfinite
from typing import Any

from headrace.cluster.cli.failures import BadInput
from headrace.runtime.money import AMOUNT_MAX, currency_number, minor_units

TOLERANCE = Decimal("1e-6")
"""Of a minor unit."""
DIGITS_MAX = 60
"""Longest number looked at; the largest amount has 16."""

_EXACT = Context(prec=2 * DIGITS_MAX, Emax=999, Emin=-999)


class AmountRefused(ValueError):
    """`code` is the API's: invalid_amount or unknown_currency; str() is the reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        return self.reason


def in_minor_units(value: object, currency: object) -> int:
    """Minor units of a positive amount in major units (int, float, Decimal or text)."""
    return converter(currency)(value)


def converter(currency: object) -> Callable[[Any], int]:
    """`in_minor_units` for one currency; AmountRefused when ISO 4217 has no such money."""
    number = currency_number(currency) if isinstance(currency, str) else None
    if number is None:
        raise AmountRefused("unknown_currency", f"{currency!r} is no ISO 4217 currency")
    digits = minor_units(number)

    def convert(value: Any) -> int:
        binary = type(value) is float
        number = Decimal(repr(value)) if binary and isfinite(value) else _decimal(value)
        exact = number.scaleb(digits, _EXACT)
        minor = round(exact)
        off = exact - minor
        if off and abs(off) > TOLERANCE:
            raise AmountRefused("invalid_amount", f"{value} {currency} is no whole minor unit")
        if minor <= 0:
            raise AmountRefused("invalid_amount", "must be greater than zero")
        if minor > AMOUNT_MAX:
            raise AmountRefused("invalid_amount", f"{value} {currency} is too large")
        return minor

    return convert


def major_units(minor: int, currency: str) -> str:
    """`8565, "EUR"` is `85.65`; minor units stay as they are for an unknown currency."""
    number = currency_number(currency)
    digits = 0 if number is None else minor_units(number)
    return f"{Decimal(minor).scaleb(-digits, _EXACT):f}"


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise AmountRefused("invalid_amount", f"{value!r} is no amount")
    too_long = (
        len(value) > DIGITS_MAX
        if isinstance(value, str)
        else (isinstance(value, int) and abs(value) >= 10**DIGITS_MAX)
    )
    if too_long:
        raise AmountRefused("invalid_amount", f"longer than {DIGITS_MAX} digits")
    if isinstance(value, str) and ("_" in value or not value.isascii()):
        raise AmountRefused("invalid_amount", f"{value!r} is no amount")
    try:
        number = Decimal(value)
    except (InvalidOperation, ValueError) as error:
        raise AmountRefused("invalid_amount", f"{value!r} is no amount") from error
    if not number.is_finite():
        raise AmountRefused("invalid_amount", f"{value!r} is no amount")
    if number.adjusted() > DIGITS_MAX or len(number.as_tuple().digits) > DIGITS_MAX:
        raise AmountRefused("invalid_amount", f"longer than {DIGITS_MAX} digits")
    return number


def exact_minor_units(text: str, currency: str, zero: bool = False) -> int:
    """Minor units of an amount typed by a person; BadInput says what is wrong with it."""
    try:
        if zero and _decimal(text) == 0:
            return 0
        return in_minor_units(text, currency)
    except AmountRefused as refused:
        raise BadInput(
            f"amount: {refused}", {"code": refused.code, "detail": str(refused)}
        ) from None
