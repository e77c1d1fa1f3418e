"""Money: an integer of minor units and an ISO 4217 currency.

Inside the platform a currency is its ISO 4217 numeric code (EUR = 978); the alphabetic code is
for people and the API. Currencies without minor units of their own (XAU, XXX, ...) hold no money.
"""

from iso4217 import Currency

AMOUNT_MAX = 10**15
"""Largest amount of one movement, in minor units."""

BALANCE_MAX = 2**53 - 1
"""Largest balance, credit line or limit of a tenant's account, in minor units, and largest sum of a
balance and its credit line: JSON readers that keep numbers as doubles read it exactly (RFC 8259,
section 6), and no sum of ours leaves 64 bits."""

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
