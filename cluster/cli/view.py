"""What people see: fields of one thing, rows of many, money with its decimal point."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table

from headrace.runtime.money import currency_number, minor_units

Json = dict[str, Any]

AMOUNTS = frozenset(
    {
        "amount", "posted", "held", "available", "credit_line", "payment_max", "daily_amount_max",
        "held_amount", "captured_amount", "refunded_amount", "refundable_amount",
    }
)  # fmt: skip
"""Fields in minor units, shown in major ones when the currency is known."""

WHOLE = frozenset({"id", "at", "payment", "created_at", "amount", "posted"})
"""Columns that other columns make room for."""

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")


def money(amount: int, currency: str) -> str:
    """`8565, "EUR"` is `85.65 EUR`; minor units stay as they are for an unknown currency."""
    number = currency_number(currency)
    if number is None:
        return f"{amount} {currency}"
    digits = minor_units(number)
    whole, rest = divmod(abs(amount), 10**digits)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}" + (f".{rest:0{digits}d}" if digits else "") + f" {currency}"


def fields(data: Json, leave_out: Iterable[str] = ()) -> Table:
    """One thing, a line a field that has a value."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    currency = data.get("currency")
    for name, value in data.items():
        if value is None or value == {} or value == [] or name in leave_out:
            continue
        table.add_row(name.replace("_", " "), cell(name, value, currency))
    return table


def rows(items: Sequence[Json], columns: Sequence[str]) -> RenderableType:
    """Many things, a line each; columns that hold nothing are left out."""
    if not items:
        return "[dim]none[/dim]"
    shown = [c for c in columns if any(item.get(c) not in (None, 0) for item in items)]
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in shown:
        table.add_column(
            column.replace("_", " "),
            justify="right" if column in AMOUNTS else "left",
            no_wrap=column in WHOLE,
            overflow="fold",
        )
    for item in items:
        table.add_row(*(cell(c, item.get(c), item.get("currency")) for c in shown))
    return table


def cell(name: str, value: Any, currency: Any) -> str:
    """A value as text, escaped from rich's markup; times to the second, UTC."""
    if value is None:
        return ""
    if name in AMOUNTS and isinstance(value, int) and isinstance(currency, str):
        return money(value, currency)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        value = ", ".join(f"{k}={cell(k, v, currency)}" for k, v in value.items() if v)
    elif isinstance(value, str) and _TIME.fullmatch(value):
        return f"{value[:10]} {value[11:19]}"
    elif isinstance(value, list):
        value = ", ".join(str(v) for v in value)
    return str(value).replace("[", r"\[")
