"""A command's end: its answer for people or programs, or why it failed.

What was carried out is told, whatever becomes of standard output.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import typer

from headrace.cluster.cli.failures import Failure, Interrupted, NotWritten
from headrace.cluster.cli.printable import printable_json
from headrace.cluster.cli.streams import say, write

if TYPE_CHECKING:
    from rich.console import RenderableType

Json = dict[str, Any]


class Outcome(NamedTuple):
    """`data` is what --json prints; `view` makes what people see, `data` laid out by default."""

    data: Json
    view: "Callable[[], RenderableType] | None" = None
    exit_code: int = 0
    changed: bool = False
    """Whether something was carried out: it is told, whatever happens to standard output."""


def answer(outcome: Outcome, as_json: bool) -> int:
    """Prints it, and returns the exit code.

    What can't be laid out is printed as JSON. What can't be printed, and was carried out, is said
    on standard error.
    """
    line = json_line(outcome.data)
    try:
        write(line + "\n" if as_json else _drawn(outcome, line))
    except NotWritten as failure:
        _tell_what_was_done(outcome, line)
        if failure.message:
            say(f"headrace: {failure.message}")
        return failure.exit_code
    except KeyboardInterrupt:
        _tell_what_was_done(outcome, line)
        return Interrupted.exit_code
    return outcome.exit_code


def _tell_what_was_done(outcome: Outcome, line: str) -> None:
    if outcome.changed:
        say(f"carried out: {line}")


def _drawn(outcome: Outcome, line: str) -> str:
    try:
        from headrace.cluster.cli.view import drawn, fields

        return drawn(outcome.view() if outcome.view else fields(outcome.data))
    except Exception as error:  # a fault of ours must not hide what was done
        say(f"headrace: shown as JSON, for it could not be laid out ({type(error).__name__})")
        return line + "\n"


def fail(failure: Failure, as_json: bool) -> NoReturn:
    """Says what went wrong and exits."""
    if failure.message:
        say(f"headrace: {failure.message}")
    if as_json and not isinstance(failure, NotWritten):
        with suppress(NotWritten):
            print_json(failure.data | {"error": failure.problem})
    raise typer.Exit(failure.exit_code)


def print_json(data: Json) -> None:
    """One line on standard output. Raises NotWritten."""
    write(json_line(data) + "\n")


def json_line(data: Json) -> str:
    """One line of JSON, as standard output can take it."""
    from msgspec import json

    return safe_line(json.encode(data).decode())


def safe_line(line: str) -> str:
    """A line of JSON, such that neither a terminal nor who splits it into lines takes anything in
    it for more than text."""
    return printable_json(line, (sys.stdout and sys.stdout.encoding) or "utf-8")
