"""A command of the API: options every one has, one client, one answer for people or programs."""

import asyncio
import inspect
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

import typer

from headrace.cluster.cli.credentials import (
    DATA_DIR,
    ApiKeyOption,
    DataDirOption,
    JsonOption,
    UrlOption,
    resolve,
)
from headrace.cluster.cli.failures import BadInput, Failure, Interrupted, NotWritten, of_system
from headrace.cluster.cli.output import Outcome as Outcome
from headrace.cluster.cli.output import answer, fail
from headrace.cluster.cli.streams import give_up
from headrace.cluster.cli.streams import say as say
from headrace.runtime import environment

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headrace.cluster.cli.client import Api

P = ParamSpec("P")

ENDS = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
"""Signals that end a command in order, as Ctrl-C does: told to, its terminal closed, Ctrl-\\."""


def listing(page: dict[str, Any], *columns: str) -> Outcome:
    """A page of a list, as a table with these columns."""

    def view() -> "RenderableType":
        from headrace.cluster.cli.view import rows

        return rows(page["items"], columns)

    return Outcome(page, view)


def group(help_text: str) -> typer.Typer:
    """The sub-app of a noun."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode="rich")


def examples(*lines: str) -> str:
    """A command's epilog: a paragraph an example, which is how Typer keeps lines apart."""
    return "\n\n".join(["[bold]Examples[/bold]", *(line.replace("[", r"\[") for line in lines)])


def plain_command(
    app: typer.Typer, name: str, *shown: str
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Registers a command that needs no API; `shown` are the examples under --help."""

    def register(function: Callable[P, None]) -> Callable[P, None]:
        function.__doc__ = _unwrapped(function)
        app.command(name, epilog=examples(*shown))(function)
        return function

    return register


def api_command(
    app: typer.Typer, name: str, *shown: str, operator: bool = False
) -> Callable[
    [Callable[Concatenate["Api", P], Awaitable[Outcome]]],
    Callable[Concatenate["Api", P], Awaitable[Outcome]],
]:
    """Registers `async def command(api, ...)`: adds --url, --api-key, --data-dir and --json.

    `shown` are the examples under --help. With `operator` the key that stands in for --api-key is
    the operator's.
    """

    def register(
        function: Callable[Concatenate["Api", P], Awaitable[Outcome]],
    ) -> Callable[Concatenate["Api", P], Awaitable[Outcome]]:
        def command(
            url: str | None, api_key: str | None, data_dir: Path, as_json: bool, **arguments: Any
        ) -> None:
            async def call() -> Outcome:
                from headrace.cluster.cli.client import Api

                base, key = resolve(url, api_key, data_dir, operator)
                async with Api(base, key, on_wait=say) as api:
                    outcome = await function(api, **arguments)  # type: ignore[call-arg]  # Typer hands the function's own arguments on
                    return outcome._replace(changed=api.has_written)

            run(call, as_json)

        own = list(inspect.signature(function).parameters.values())[1:]
        command.__signature__ = inspect.Signature([*own, *_CONNECTION])  # type: ignore[attr-defined]  # what Typer reads options from
        command.__doc__ = _unwrapped(function)
        app.command(name, epilog=examples(*shown) if shown else None)(command)
        return function

    return register


def _unwrapped(function: Callable[..., Any]) -> str:
    """A docstring whose paragraphs are one line each, for Typer to wrap."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)


def run(call: Callable[[], Awaitable[Outcome]], as_json: bool) -> None:
    """Runs a command, prints its outcome and exits with its code. A HEADRACE_ variable that is
    none of ours ends it before it begins."""

    async def main() -> Outcome:
        _check_text()
        _check_variables()
        _cancel_when_told()
        return await call()

    try:
        outcome = asyncio.run(main())
    except (KeyboardInterrupt, asyncio.CancelledError):
        fail(Interrupted("interrupted"), as_json)
    except Failure as failure:
        fail(failure, as_json)
    except BrokenPipeError as error:  # of what was printed on the way
        give_up(sys.stdout)
        fail(NotWritten(error), as_json)
    except OSError as error:
        fail(of_system(error), as_json)
    raise typer.Exit(answer(outcome, as_json))


def _check_text() -> None:
    """Raises BadInput for bytes that are no text; without showing them, which may be a key."""
    given = {f"argument {i}": text for i, text in enumerate(sys.argv[1:], 1)}
    given |= {name: text for name, text in os.environ.items() if name.startswith("HEADRACE_")}
    for name, text in given.items():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise BadInput(f"{name} is not UTF-8") from None


def _check_variables() -> None:
    """Raises BadInput. The settings are imported only where a variable may be one of them."""
    if environment.unknown((), os.environ):
        from headrace.runtime.settings import SettingsError, check_names

        try:
            check_names()
        except SettingsError as error:
            raise BadInput(str(error)) from error


def _cancel_when_told() -> None:
    """SIGTERM, a closed terminal and Ctrl-\\ end a command as Ctrl-C does: with what it started
    stopped.

    Once: a second one must not cut that short.
    """
    task = asyncio.current_task()
    assert task is not None

    def end(number: int) -> None:
        asyncio.get_running_loop().add_signal_handler(number, lambda: None)
        if not task.cancelling():
            task.cancel()

    for number in ENDS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            asyncio.get_running_loop().add_signal_handler(number, end, number)


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
    )


_CONNECTION = (
    _option("url", UrlOption, None),
    _option("api_key", ApiKeyOption, None),
    _option("data_dir", DataDirOption, DATA_DIR),
    _option("as_json", JsonOption, False),
)
