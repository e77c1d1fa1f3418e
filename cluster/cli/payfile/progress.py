"""What `headrace pay` shows on standard error while it runs."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from headrace.cluster.cli.command import say
from headrace.cluster.cli.payfile.items import Mapped
from headrace.cluster.cli.payfile.run import OnProgress
from headrace.cluster.cli.payfile.summary import Summary

LINE_EVERY_S = 10.0
"""Where standard error is no terminal, a line now and then stands in for the bar."""


class Shown(NamedTuple):
    """What is told while a file is paid."""

    on_progress: OnProgress
    on_wait: Callable[[str], None]
    """Why nothing is answered; then, that it is again."""


@contextmanager
def progress(total: int | None) -> Iterator[Shown]:
    """A bar over `total` (rows or bytes, as Mapped.position counts), with payments/s and what is
    waited for."""
    if sys.stderr is not None and sys.stderr.isatty():
        with _bar(total) as show:
            yield show
    else:
        yield Shown(_lines(total), say)


@contextmanager
def _bar(total: int | None) -> Iterator[Shown]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    begun = time.monotonic()
    with Progress(
        TextColumn("{task.fields[submitted]:,} payments"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%" if total else ""),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[word]}", style="yellow", markup=False),
        console=Console(stderr=True),
    ) as shown:
        task = shown.add_task("pay", total=total, submitted=0, rate=0.0, word="")

        def show(mapped: Mapped, summary: Summary) -> None:
            rate = summary.submitted / (time.monotonic() - begun)
            shown.update(
                task, completed=mapped.position, submitted=summary.submitted, rate=rate, word=""
            )

        yield Shown(show, lambda word: shown.update(task, word=word))


def _lines(total: int | None) -> OnProgress:
    begun = said = time.monotonic()

    def show(mapped: Mapped, summary: Summary) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said >= LINE_EVERY_S:
            said = now
            share = f" ({100 * mapped.position // total} %)" if total else ""
            rate = summary.submitted / (now - begun)
            say(f"{summary.submitted:,} payments{share}, {rate:,.0f}/s")

    return show
