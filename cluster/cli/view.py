"""What people see: fields of one thing, rows of many, money with its decimal point.

Data is only ever text: never rich's markup, and what can't be seen is escaped. No value is cut or
broken: one that is wider than the terminal goes on in the terminal's next line.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from textwrap import wrap
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.text import Text

from headrace.cluster.cli.amount import major_units
from headrace.cluster.cli.failures import NotWritten
from headrace.cluster.cli.printable import printable
from headrace.cluster.cli.streams import give_up

Json = dict[str, Any]

AMOUNTS = frozenset(
    {
        "amount", "posted", "held", "available", "credit_line", "payment_max", "daily_amount_max",
        "held_amount", "captured_amount", "refunded_amount", "refundable_amount",
    }
)  # fmt: skip
"""Fields in minor units, shown in major ones when the currency is known."""

_AMOUNT = re.compile(r"(\w+=)?-?[0-9.]+ [A-Z]{3}")

NOTHING: tuple[object, ...] = (None, 0, [], {})
GAP = "  "
WIDTH_LEAST = 20
PIPE_WIDTH = 1_000_000
"""Where there is no terminal and COLUMNS names no width: a line a thing, however long."""


def money(amount: int, currency: str) -> str:
    """`8565, "EUR"` is `85.65 EUR`; minor units stay as they are for an unknown currency."""
    return f"{major_units(amount, currency)} {currency}"


class Screen(Console):
    """What is printed here is text and no markup. Raises NotWritten, of standard output."""

    def print(self, *objects: Any, **options: Any) -> None:
        try:
            super().print(*objects, **options)
        except OSError as error:
            give_up(self.file)
            if not self.stderr:
                raise NotWritten(error) from None

    def on_broken_pipe(self) -> None:
        """Rich would end the process here, with 1."""
        raise BrokenPipeError


def screen(stderr: bool = False) -> Screen:
    """Of standard output, or error."""
    console = Screen(stderr=stderr, markup=False, emoji=False, highlight=False)
    if not (console.is_terminal or os.environ.get("COLUMNS", "").isdigit()):
        console.width = PIPE_WIDTH
    return console


def drawn(what: RenderableType) -> str:
    """As it is to be written to standard output; text is made printable."""
    width, is_terminal = screen().width, bool(sys.stdout and sys.stdout.isatty())
    console = Screen(
        file=StringIO(), width=width, force_terminal=is_terminal, markup=False, emoji=False
    )
    console.print(shown(what) if isinstance(what, str) else what, soft_wrap=True)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def shown(text: str, style: str = "") -> Text:
    """Text that may be anybody's."""
    return Text(printable(text), style, no_wrap=True, overflow="ignore")


def fields(data: Json, leave_out: Iterable[str] = ()) -> RenderableType:
    """One thing, a line a field that has a value."""
    currency = data.get("currency")
    return Fields(
        [
            (name.replace("_", " "), told)
            for name, value in data.items()
            if name not in leave_out and (told := cell(name, value, currency, "\n"))
        ]
    )


def rows(items: Sequence[Json], columns: Sequence[str]) -> RenderableType:
    """Many things, a line each where that fits, else one under another; columns that hold nothing
    are left out."""
    if not items:
        return Text("none", "dim")
    holding = [c for c in columns if any(i.get(c) not in (*NOTHING, "") for i in items)]
    return Rows(items, holding)


class Fields:
    """Names and values; a value too wide to stand beside its name stands below it."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs = pairs

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        width = max(options.max_width, WIDTH_LEAST)
        names = max((cell_len(name) for name, _ in self._pairs), default=0)
        beside, below = names + len(GAP), len(GAP)
        for name, value in self._pairs:
            lines = _lines(value, width - beside)
            if max(map(cell_len, lines)) <= width - beside:
                indent, first, lines = beside, lines[0], lines[1:]
                yield _line((_left(name, beside), "dim"), first)
            else:
                indent, lines = below, _lines(value, width - below)
                yield _line((name, "dim"))
            yield from (_line(" " * indent, line) for line in lines)


class Rows:
    """A table, or where the terminal is too narrow for one, a block of fields a thing."""

    def __init__(self, items: Sequence[Json], columns: Sequence[str]) -> None:
        self._columns = columns
        self._right = [
            c in AMOUNTS or all(isinstance(i.get(c), int | float) for i in items) for c in columns
        ]
        self._cells = [[cell(c, i.get(c), i.get("currency")) for c in columns] for i in items]

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        names = [column.replace("_", " ") for column in self._columns]
        table = [names, *self._cells]
        widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
        if sum(widths) + len(GAP) * (len(widths) - 1) > options.max_width:
            for i, cells in enumerate(self._cells):
                if i:
                    yield ""
                yield Fields([pair for pair in zip(names, cells, strict=True) if pair[1]])
            return
        for i, line in enumerate(table):
            told = GAP.join(
                _right(value, width) if right else _left(value, width)
                for right, value, width in zip(self._right, line, widths, strict=True)
            )
            yield _line((told.rstrip(), "" if i else "dim"))


def cell(name: str, value: Any, currency: Any, between: str = ", ") -> str:
    """A value as printable text; times are the API's own, to be pasted back. Only `between` what an
    object or a list holds a line may end."""
    if value is None:
        return ""
    if name in AMOUNTS and isinstance(value, int) and isinstance(currency, str):
        return printable(money(value, currency))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return between.join(
            f"{printable(str(k))}={cell(k, v, currency)}"
            for k, v in value.items()
            if v not in NOTHING
        )
    if isinstance(value, list):
        return between.join(cell(name, v, currency) for v in value)
    return printable(str(value))


def _lines(value: str, width: int) -> list[str]:
    """Broken between words only, and not between a figure and its currency."""
    return [
        part
        for line in value.split("\n")
        for part in (
            [line]
            if cell_len(line) <= width or width <= 0 or _AMOUNT.fullmatch(line)
            else wrap(line, width, break_long_words=False, break_on_hyphens=False)
        )
    ]


def _line(*parts: str | tuple[str, str]) -> Text:
    return Text.assemble(*parts, no_wrap=True, overflow="ignore")


def _left(text: str, width: int) -> str:
    return text + " " * (width - cell_len(text))


def _right(text: str, width: int) -> str:
    return " " * (width - cell_len(text)) + text
