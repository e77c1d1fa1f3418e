"""`headrace up`, `down` and `status`: a whole platform on this machine."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from headrace.cluster.cli.command import Outcome, plain_command, print_json, run, say
from headrace.cluster.cli.credentials import DATA_DIR, DataDirOption, JsonOption
from headrace.cluster.cli.failures import BadInput, Failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from headrace.cluster.local.credentials import Credentials
    from headrace.cluster.local.platform import Platform
    from headrace.cluster.local.state import State
    from headrace.runtime.settings import Settings

    OnPhase = Callable[[str], None]

app = typer.Typer()

PORT = 8080
LEDGER_TIMEOUT_S = 3.0
"""Of what `status` asks the ledger."""

PartitionsOption = Annotated[
    int | None,
    Option(min=1, max=4096, help="Of a new ledger, for good.", show_default="16"),
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
    port: Annotated[int, Option(min=1, max=65535, help="Of the API, on 127.0.0.1.")] = PORT,
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
    if detach:
        run(lambda: _detached(data_dir, port, partitions, actors, play, as_json), as_json)
    run(lambda: _attached(data_dir, port, partitions, actors, play, as_json), as_json)


@plain_command(app, "down", "headrace down", "headrace down --data-dir /srv/payments")
def down(data_dir: DataDirOption = DATA_DIR, as_json: JsonOption = False) -> None:
    """Stop the platform of a data directory; what is there stays for the next start."""

    async def stop() -> Outcome:
        from headrace.cluster.local import daemon

        with _failures():
            stopped = await daemon.stop(data_dir)
        words = f"stopped the platform in {data_dir}" if stopped else f"none ran in {data_dir}"
        return Outcome({"data_dir": str(data_dir), "stopped": stopped}, lambda: words)

    run(stop, as_json)


async def _legs_parked(data_dir: Path) -> int | None:
    """How many legs wait for somebody to release them; None when the ledger does not say."""
    from asyncpg import PostgresError

    from headrace.cluster.cli.database import ledger_settings
    from headrace.runtime.ledger import parked_legs
    from headrace.runtime.ledger.connect import connect

    try:
        async with asyncio.timeout(LEDGER_TIMEOUT_S), ledger_settings(data_dir) as settings:
            connection = await connect(settings, "headrace status")
            try:
                return len(await parked_legs.everyone(connection))
            finally:
                connection.terminate()
    except (OSError, PostgresError, Failure):
        return None


@plain_command(app, "status", "headrace status", "headrace status --json | jq .memory_mb")
def status(data_dir: DataDirOption = DATA_DIR, as_json: JsonOption = False) -> None:
    """Show whether a platform runs, where, and what its parts weigh. Exit code 1 when none does."""

    async def show() -> Outcome:
        from headrace.cluster.cli.platform_view import status_table
        from headrace.cluster.local import daemon
        from headrace.cluster.local.state import READY

        found = await asyncio.to_thread(daemon.status, data_dir)
        if found is None:
            words = f"no platform runs in {data_dir}"
            return Outcome({"data_dir": str(data_dir), "running": False}, lambda: words, 1)
        data: dict[str, Any] = {
            "running": True,
            **_told(data_dir, found.state),
            "phase": found.state.phase,
            "legs_parked": await _legs_parked(data_dir) if found.state.phase == READY else None,
            "memory_mb": found.memory_mb,
            "cpu_s": found.cpu_s,
            "processes": [
                {"part": p.part, "pid": p.pid, "memory_mb": p.memory_mb, "cpu_s": p.cpu_s}
                for p in found.processes
            ],
        }
        return Outcome(data, lambda: status_table(data))

    run(show, as_json)


async def _detached(
    data_dir: Path, port: int, partitions: int | None, actors: int | None, play: int, as_json: bool
) -> Outcome:
    from headrace.cluster.local import credentials, daemon

    found = daemon.running(data_dir)
    if found is not None and not found.is_ready:
        raise Failure(f"the platform in {data_dir} is {found.phase} (process {found.pid})")
    if found is None:
        command = [sys.executable, "-m", "headrace.cluster.cli", "up"]
        command += ["--data-dir", str(data_dir), "--port", str(port), "--json"]
        command += ["--partitions", str(partitions)] if partitions else []
        command += ["--actors", str(actors)] if actors else []
        with _failures(), _phases() as on_phase:
            found = await daemon.start(command, data_dir, on_phase)
    keys = credentials.read(data_dir)
    assert keys is not None
    data = {**_told(data_dir, found), **await _play(keys, play)}
    _show(data, keys, detached=True, as_json=as_json)
    raise typer.Exit(0)


async def _attached(
    data_dir: Path, port: int, partitions: int | None, actors: int | None, play: int, as_json: bool
) -> Outcome:
    task = asyncio.current_task()
    assert task is not None
    _cancel_at_signals(task)
    platform: Platform | None = None
    try:
        with _failures():
            from headrace.cluster.local.platform import Platform as Local

            with _phases() as on_phase:
                platform = Local(data_dir, port, _settings(partitions, actors), on_phase)
                keys = await platform.start(any_partitions=partitions is None)
            platform.on_phase = say
            data = {**_told(data_dir, platform.state), **await _play(keys, play)}
            _show(data, keys, detached=False, as_json=as_json)
            await platform.wait()
    except asyncio.CancelledError:
        task.uncancel()
    finally:
        if platform is not None:
            await platform.stop()
    raise typer.Exit(0)


def _show(data: dict[str, Any], keys: "Credentials", *, detached: bool, as_json: bool) -> None:
    if as_json:
        print_json(data)
        return
    from rich.console import Console

    from headrace.cluster.cli.platform_view import welcome

    # Lines to paste are never broken.
    Console(soft_wrap=True, highlight=False).print(welcome(data, keys, detached))


def _cancel_at_signals(task: asyncio.Task[Any]) -> None:
    """Ctrl-C and SIGTERM cancel the task, once: a second one must not cut a stop short."""

    def stop() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, say, "stopping, please wait")
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def _settings(partitions: int | None, actors: int | None) -> "Settings":
    from headrace.runtime.settings import load

    given = {"partitions": partitions, "actors": actors}
    try:
        return load(**{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise BadInput(str(error)) from error


@contextmanager
def _failures() -> Iterator[None]:
    """What can go wrong on this machine, told as failures of the command."""
    from headrace.cluster.local.errors import PlatformError
    from headrace.cluster.local.lock import AlreadyRunning
    from headrace.runtime.keys.master_key import MasterKeyError
    from headrace.runtime.ledger.migrate import MigrationError

    try:
        yield
    except AlreadyRunning as error:
        raise Failure(f"a platform runs here already: {error}") from error
    except (PlatformError, MigrationError, MasterKeyError) as error:
        raise Failure(str(error)) from error


@contextmanager
def _phases() -> Iterator["OnPhase"]:
    """Shows what is being done: a spinner for people, lines for programs."""
    if not sys.stderr.isatty():
        yield say
        return
    from rich.console import Console

    with Console(stderr=True).status("starting") as shown:
        yield lambda phase: shown.update(phase)


async def _play(keys: "Credentials", n: int) -> dict[str, Any]:
    """Opens two accounts to try things with and pays `n` made-up payments; what came of them."""
    from msgspec.json import encode

    from headrace.cluster.cli.client import Api, raise_for_problem
    from headrace.cluster.cli.platform_view import DEMO_ACCOUNTS
    from headrace.cluster.cli.play import play

    async with Api(keys.url, keys.api_key, on_wait=say) as api:
        try:
            content, headers = encode(DEMO_ACCOUNTS), {"Content-Type": "application/json"}
            path = "/v1/account-batches"
            raise_for_problem(await api.send("POST", path, content=content, headers=headers))
            return {"played": (await play(api, n)).as_json()} if n else {}
        except Failure as failure:
            say(f"headrace: {failure.message}")
            return {"error": failure.problem}


def _told(data_dir: Path, state: "State") -> dict[str, Any]:
    return {
        "url": state.url,
        "docs_url": f"{state.url}/docs",
        "dashboard_url": state.dashboard_url,
        "data_dir": str(data_dir),
        "pid": state.pid,
        "ready_after_s": state.ready_after_s,
    }
