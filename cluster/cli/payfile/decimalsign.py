"""The decimal sign of amounts written as text. It is never guessed: 1.250 is 1.25 or 1,250."""

import re
from collections.abc import Callable
from typing import Any

from headrace.cluster.cli.amount import AmountRefused
from headrace.cluster.cli.payfile.fileformat import DecimalSign

GROUPED = re.compile(r"\s*[+-]?\d{1,3}(\.\d{3})+\s*")


AsPoint = Callable[[Any], Any]
"""An amount with a decimal point; AmountRefused where the sign is not sure."""


def decimal_point(sign: DecimalSign | None, delimiter: str | None) -> AsPoint:
    """Reads amounts with the sign that is given. Without one it is the point, but not where the
    file's delimiter leaves the comma free to be it."""
    if sign is DecimalSign.COMMA:
        return _comma
    if sign is None and delimiter not in (None, ","):
        return _sure
    return with_point


def with_point(value: Any) -> Any:
    """As it is written, but no comma."""
    if isinstance(value, str) and "," in value:
        raise _refused(value, "has a comma: give --decimal , if that is its decimal sign")
    return value


def _sure(value: Any) -> Any:
    if isinstance(value, str) and GROUPED.fullmatch(value):
        raise _refused(value, "may have a decimal point or one of thousands: give --decimal")
    return with_point(value)


def _comma(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if "." in value:
        raise _refused(value, "has a point, where the decimal sign is a comma")
    return value.replace(",", ".", 1)


def _refused(value: str, why: str) -> AmountRefused:
    return AmountRefused("invalid_amount", f"{value!r} {why}")
