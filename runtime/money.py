"""Money: an integer of minor units and an ISO 4217 currency.

Inside the platform a currency is its ISO 4217 numeric code (EUR = 978); the alphabetic code is
for people and the API. Currencies without minor units of their own (XAU, XXX, ...) hold no money.
"""

from iso4217 import Currency

AMOUNT_MAX = 2**63 - 1
"""Largest amount or balance, in minor units: PostgreSQL's bigint."""

_NUMBERS = {c.code: c.number for c in Currency if c.exponent is not None and c.number}
_CODES = {number: code for code, number in _NUMBERS.items()}
_EXPONENTS = {c.number: c.exponent for c in Currency if c.exponent is not None and c.number}


def currency_number(code: str) -> int | None:
    """The numeric code of an alphabetic one, None when ISO 4217 lists no such money."""
    return _NUMBERS.get(code)


def currency_code(number: int) -> str:
    """The alphabetic code of a numeric one; KeyError when there is none."""
    return _CODES[number]


def minor_units(number: int) -> int:
    """Digits after the decimal point (ISO 4217 exponent): EUR 2, JPY 0, KWD 3."""
    return _EXPONENTS[number]
