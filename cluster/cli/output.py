"""What a command writes: its answer to standard output, words beside it to standard error.

Either may be gone: a pipe whose reader went away, a full disk, `>&-`. Then the other one is told,
and nothing that was carried out stays untold.
"""

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, NamedTuple, NoReturn, TextIO

import typer

from headrace.cluster.cli.failures import Failure, Interrupted, NotWritten
from headrace.cluster.cli.printable import printable, printable_json

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


def say(message: str) -> None:
    """A message beside the answer, on standard error; perhaps nobody listens there."""
    with suppress(OSError):
        _write(sys.stderr, printable(message, keep="\n") + "\n")


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


def write(text: str, flush: bool = True) -> None:
    """To standard output. Raises NotWritten."""
    try:
        _write(sys.stdout, text, flush)
    except OSError as error:
        raise NotWritten(error) from None


def give_up(stream: IO[str] | None) -> None:
    """After an OSError: what the stream still holds must not fail again at the end."""
    if stream is None:
        return
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _write(stream: TextIO | None, text: str, flush: bool = True) -> None:
    """What the stream's encoding lacks is escaped."""
    if stream is None:  # Python's word for one that was closed from the start
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        if flush:
            stream.flush()
    except OSError:
        give_up(stream)
        raise
