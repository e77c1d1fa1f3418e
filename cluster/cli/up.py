"""`headrace up` and `down`: a whole platform on this machine.

Exit status of both: 0 stopped in order · 1 could not start or go on, and is stopped · 5 stopped as
told, but a part was gone before or had to be killed (failures.py has all of them).
"""

import asyncio
import contextlib
import faulthandler
import os
import signal
import sys
import traceback
from asyncio import FIRST_COMPLETED
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn
from urllib.parse import urlsplit

import typer
from typer import Option

from headrace.cluster.cli.command import ENDS, plain_command, run
from headrace.cluster.cli.credentials import DATA_DIR, DataDirOption, JsonOption
from headrace.cluster.cli.failures import BadInput, Failure, NotInOrder
from headrace.cluster.cli.on_this_machine import failures
from headrace.cluster.cli.output import Outcome, answer, fail
from headrace.cluster.cli.printable import printable
from headrace.cluster.cli.status import told
from headrace.cluster.cli.streams import say
from headrace.runtime.journal.account_numbers import PARTITIONS_MAX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Sequence

    from rich.console import RenderableType

    from headrace.cluster.local.credentials import Credentials
    from headrace.cluster.local.platform import Platform
    from headrace.cluster.local.state import State
    from headrace.runtime.settings import Settings

    OnPhase = Callable[[str], None]

app = typer.Typer()

PORT = 8080
GIVE_UP_TIMEOUT_S = 2.0
"""Of what was under way when a stop was asked for."""
TOGETHER_S = 0.5
"""Between what a signal to the whole group does to a part and to us: told to stop, not failed."""
LAST_RESORT_S = 19.5
"""From then on: every step has its own bound, and this one needs no Python to run out."""

PortOption = Annotated[
    int | None,
    Option(min=1, max=65535, help="Of the API, on 127.0.0.1.", show_default=str(PORT)),
]
PartitionsOption = Annotated[
    int | None,
    Option(min=1, max=PARTITIONS_MAX, help="Of a new ledger, for good.", show_default="16"),
]
ActorsOption = Annotated[
    int | None,
    Option(min=1, help="Partition actors; partitions are divided among them.", show_default="2"),
]


@plain_command(
    app,
    "up",
    "headrace up --play 2000",
    "headrace up --detach --data-dir /srv/payments --port 9000",
    "HEADRACE_DATABASE_URL=postgresql://headrace@db/headrace headrace up",
)
def up(
    data_dir: DataDirOption = DATA_DIR,
    port: PortOption = None,
    partitions: PartitionsOption = None,
    actors: ActorsOption = None,
    detach: Annotated[bool, Option("--detach", help="Return when it is ready.")] = False,
    play: Annotated[
        int, Option(min=0, metavar="N", help="Pay this many made-up payments once it is up.")
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Start a platform: PostgreSQL (unless HEADRACE_DATABASE_URL names one), Ray, the gateway.

    It stays until Ctrl-C, or until [bold]headrace down[/bold] with --detach. Everything lasting is
    in the data directory; the next start finds it. The keys made at the first start are in its
    credentials.json, where the other commands look for them.
    """
    _open_streams()
    if detach:
        run(lambda: _detached(data_dir, port, partitions, actors, play), as_json)
    at = PORT if port is None else port
    run(lambda: _attached(data_dir, at, partitions, actors, play, as_json), as_json)


@plain_command(app, "down", "headrace down", "headrace down --data-dir /srv/payments")
def down(data_dir: DataDirOption = DATA_DIR, as_json: JsonOption = False) -> None:
    """Stop the platform of a data directory; what is there stays for the next start."""

    async def stop() -> Outcome:
        from headrace.cluster.local import daemon

        with failures():
            ended = await daemon.stop(data_dir)
        data = {"data_dir": str(data_dir), "stopped": ended is not None}
        if ended is not None and ended.not_in_order:
            raise NotInOrder(ended.not_in_order, data)
        words = f"stopped the platform in {data_dir}" if ended else f"none ran in {data_dir}"
        return Outcome(data, lambda: words, changed=ended is not None)

    run(stop, as_json)


def _open_streams() -> None:
    """A standard stream that is closed would be the number of the next file opened, into which
    parts that know no better would write."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


async def _detached(
    data_dir: Path, port: int | None, partitions: int | None, actors: int | None, play: int
) -> Outcome:
    from headrace.cluster.local import credentials, daemon

    with failures():
        found = daemon.running(data_dir)
    if found is not None and not found.is_ready:
        raise Failure(f"the platform in {data_dir} is {found.phase} (process {found.pid})")
    if found is not None:
        _check_as_asked(data_dir, found, port=port, partitions=partitions, actors=actors)
    if found is None:
        command = [sys.executable, "-m", "headrace.cluster.cli", "up"]
        command += ["--data-dir", str(data_dir), "--port", str(port or PORT), "--json"]
        command += ["--partitions", str(partitions)] if partitions else []
        command += ["--actors", str(actors)] if actors else []
        with failures(), _phases() as on_phase:
            starter = asyncio.current_task()
            assert starter is not None
            _at_signals(asyncio.Event(), starter)  # it has a session of its own and hears none
            found = await daemon.start(command, data_dir, on_phase)
    with failures():
        keys = credentials.read(data_dir)
    assert keys is not None
    data = {**told(data_dir, found), **await _play(keys, play)}
    return _up_and_running(data, keys, detached=True)


def _check_as_asked(data_dir: Path, found: "State", **asked: int | None) -> None:
    """Raises Failure when what runs is not what was asked for."""
    there = {
        "port": urlsplit(found.url).port,
        "partitions": found.partitions,
        "actors": found.actors,
    }
    for name, wanted in asked.items():
        if wanted is not None and there[name] and wanted != there[name]:
            raise Failure(
                f"a platform runs in {data_dir} already, at {found.url}, with --{name}"
                f" {there[name]} and not {wanted}: stop it first (`headrace down`)"
            )


async def _attached(
    data_dir: Path, port: int, partitions: int | None, actors: int | None, play: int, as_json: bool
) -> NoReturn:
    """Runs it until it is told to end or can't go on, stops it, and leaves the process.

    The stop is no part of what a signal cancels, and nothing is waited for after it: neither the
    interpreter's threads nor Ray's exit handlers, which may wait for a Ray that is dead.
    """
    asked = asyncio.Event()
    up = _Up(data_dir, port, partitions, actors, play, as_json)
    work = asyncio.create_task(up.run())
    _at_signals(asked, work)
    asking = asyncio.ensure_future(asked.wait())
    await asyncio.wait({work, asking}, return_when=FIRST_COMPLETED)
    if sys.__stderr__ is not None:
        faulthandler.dump_traceback_later(LAST_RESORT_S, exit=True, file=sys.__stderr__)
    await asyncio.wait({work}, timeout=GIVE_UP_TIMEOUT_S)
    await asyncio.wait({asking}, timeout=TOGETHER_S)
    was_told = asked.is_set()
    not_in_order = await up.stop()
    code = 0
    try:
        if not was_told:
            await work
        if not_in_order:
            raise NotInOrder(not_in_order, {"data_dir": str(data_dir)})
    except Failure as failure:
        code = failure.exit_code
        with contextlib.suppress(OSError, typer.Exit):
            fail(failure, as_json)
    except BaseException:  # a fault of ours: told as the interpreter would
        code = 1
        with contextlib.suppress(OSError):
            traceback.print_exc()
    _leave(code)


def _leave(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


class _Up:
    """A platform in this process, from its start until it is told to stop."""

    def __init__(
        self, data_dir: Path, port: int, partitions: int | None, actors: int | None, play: int,
        as_json: bool,
    ) -> None:  # fmt: skip
        self._data_dir = data_dir
        self._port = port
        self._partitions = partitions
        self._actors = actors
        self._play = play
        self._as_json = as_json
        self._platform: Platform | None = None

    async def run(self) -> None:
        """Until it is cancelled; a Failure when it can't start or go on."""
        with failures():
            from headrace.cluster.local.platform import Platform as Local

            with _phases() as on_phase:
                settings = _settings(self._partitions, self._actors)
                platform = self._platform = Local(self._data_dir, self._port, settings, on_phase)
                keys = await platform.start(any_partitions=self._partitions is None)
            assert keys is not None
            platform.on_phase = say
            async with _meanwhile(self._try_out(platform, keys)):
                await platform.wait()

    async def _try_out(self, platform: "Platform", keys: "Credentials") -> None:
        played = await _play(keys, self._play)
        data = {**told(self._data_dir, platform.state), **played}
        answer(_up_and_running(data, keys, detached=False), self._as_json)

    async def stop(self) -> "Sequence[str]":
        """Those of its parts that didn't end in order."""
        return await self._platform.stop() if self._platform is not None else ()


@asynccontextmanager
async def _meanwhile(work: "Coroutine[Any, Any, None]") -> "AsyncIterator[None]":
    """Does something beside the block: ends with it, and ends it when it fails."""
    block = asyncio.current_task()
    assert block is not None
    task = asyncio.create_task(work)

    def look(done: "asyncio.Task[None]") -> None:
        if not done.cancelled() and done.exception() is not None:
            block.cancel()

    task.add_done_callback(look)
    try:
        yield
    except asyncio.CancelledError:
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            raise error from None
        raise
    finally:
        task.cancel()


def _up_and_running(data: dict[str, Any], keys: "Credentials", *, detached: bool) -> Outcome:
    def view() -> "RenderableType":
        from headrace.cluster.cli.up_view import welcome

        return welcome(data, keys, detached)

    return Outcome(data, view, changed=True)


def _at_signals(asked: asyncio.Event, work: "asyncio.Task[Any]") -> None:
    """Ctrl-C, Ctrl-\\, SIGTERM and a terminal that is closed end the work; the stop goes on at any
    other."""

    def stop() -> None:
        if asked.is_set():
            with contextlib.suppress(OSError, ValueError):  # nobody listens any more
                say("stopping, please wait")
        else:
            work.cancel()
        asked.set()

    for number in (signal.SIGINT, *ENDS):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            asyncio.get_running_loop().add_signal_handler(number, stop)


def _settings(partitions: int | None, actors: int | None) -> "Settings":
    from headrace.runtime.settings import SettingsError, load

    given = {"partitions": partitions, "actors": actors}
    try:
        return load(**{name: value for name, value in given.items() if value is not None})
    except SettingsError as error:
        raise BadInput(str(error)) from error


@contextmanager
def _phases() -> Iterator["OnPhase"]:
    """Shows what is being done: a spinner for people, lines for programs."""
    if not sys.stderr.isatty():
        yield say
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status("starting") as shown:
        yield lambda phase: shown.update(Text(printable(phase)))


async def _play(keys: "Credentials", n: int) -> dict[str, Any]:
    """Opens two accounts to try things with and pays `n` made-up payments; what came of them."""
    from msgspec.json import encode

    from headrace.cluster.cli.client import Api, raise_for_problem
    from headrace.cluster.cli.play import play
    from headrace.cluster.cli.up_view import DEMO_ACCOUNTS

    async with Api(keys.url, keys.api_key, on_wait=say) as api:
        try:
            content, headers = encode(DEMO_ACCOUNTS), {"Content-Type": "application/json"}
            path = "/v1/account-batches"
            raise_for_problem(await api.send("POST", path, content=content, headers=headers))
            return {"played": (await play(api, n)).as_json()} if n else {}
        except Failure as failure:
            say(f"headrace: {failure.message}")
            return {"error": failure.problem}
