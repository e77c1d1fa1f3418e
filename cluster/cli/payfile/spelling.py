"""How a value is spelled where it becomes text: in a key, an account, a currency, a reference.

A value has one spelling, whatever type a tool happened to give its column: pandas makes a column of
integers float when one of them is missing. What has none is refused, with its type.
"""

from collections.abc import Callable
from decimal import Decimal
from math import isfinite
from typing import Any

from headrace.cluster.cli.payfile.unfit import Unfit, shown

Spell = Callable[[Any], str]
"""Raises Unfit."""

TEXT = frozenset({"string", "large_string", "string_view"})
INTEGERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
WHOLE_BELOW = {"halffloat": 2**11, "float": 2**24, "double": 2**53}
"""From here on a binary float may stand for several integers (IEEE 754, precision p: 2^p)."""
UUID = "extension<arrow.uuid>"
READABLE = ("timestamp", "date", "time", "decimal", "float", "double", "halffloat")
"""Types that free text may show, though they name nothing."""


def speller(kind: str | None, free: bool) -> Spell:
    """For a column of an Arrow type, None of JSON's or CSV's values; `free`: for text that names
    nothing."""
    if kind is None:
        return _free if free else _untyped
    if kind in TEXT or kind in INTEGERS or kind == UUID:
        return str
    if free and kind.startswith(READABLE):
        return _free
    if kind in WHOLE_BELOW:
        return lambda value: _whole(value, WHOLE_BELOW[kind], kind)
    if kind.startswith("decimal") and int(kind.rpartition(",")[2].rstrip(")")) <= 0:
        return lambda value: str(int(value))
    return lambda value: _refuse(value, kind)


def _untyped(value: Any) -> str:
    if type(value) is str:
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, Decimal):
        return _whole(value, WHOLE_BELOW["double"], "a number with a fraction or exponent")
    return _refuse(value, JSON_TYPES.get(type(value), type(value).__name__))


JSON_TYPES = {bool: "a boolean", list: "an array", dict: "an object"}


def _free(value: Any) -> str:
    if isinstance(value, bool | list | dict):
        return _refuse(value, JSON_TYPES[type(value)])
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _whole(value: float | Decimal, below: int, kind: str) -> str:
    # compared before it is made an integer: 1E+999999999 would fill the memory
    if isfinite(value) and -below < value < below and value == int(value):
        return str(int(value))
    return _refuse(value, kind)


def _refuse(value: Any, kind: str) -> str:
    raise Unfit(f"{shown(value)} ({kind}) is no text")
