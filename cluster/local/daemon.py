"""The platform of a data directory seen from another process: started, asked about, stopped."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from headrace.cluster.local import processes, run_folder, state
from headrace.cluster.local.ambient import of_parts
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.lock import AlreadyRunning, Lock, holder
from headrace.cluster.local.parts import PARTS
from headrace.cluster.local.processes import Process
from headrace.cluster.local.state import STOPPED, State, open_private

LOG = "headrace.log"
LOG_TAIL_BYTES = 4_000
START_TIMEOUT_S = 600.0
"""More than a platform's own bounds add up to, with Ray's second attempt; it ends by itself."""
STOP_TIMEOUT_S = 30.0
"""More than a platform's own bounds add up to; then it is killed."""
KILL_TIMEOUT_S = 5.0
POLL_S = 0.1


class Status(Struct, kw_only=True):
    """A platform and its processes, with their shares of memory."""

    state: State
    processes: list[Process]

    @property
    def memory_mb(self) -> float:
        return round(sum(process.memory_mb for process in self.processes), 1)

    @property
    def cpu_s(self) -> float:
        """CPU time of all of them, in seconds since they started."""
        return round(sum(process.cpu_s for process in self.processes), 2)


def running(data_dir: Path) -> State | None:
    """The platform that holds the data directory now, ready or not.

    Its lock says that there is one, whatever clocks and files say. PlatformError when it can't be
    told which process of this machine it is.
    """
    pid = holder(data_dir / "lock")
    if pid is None:
        return None
    told = state.read(data_dir)
    if told is not None and told.pid == pid and _is_it(told):
        return told
    raise PlatformError(
        f"process {pid or '?'} holds {data_dir / 'lock'}, but {data_dir / state.FILE} doesn't tell "
        "of it: it has only begun, or belongs to another container; ask again, or stop it there"
    )


def _is_it(told: State) -> bool:
    found = processes.identity(told.pid)
    return bool(found) and told.process in ("", found)


async def start(command: Sequence[str], data_dir: Path, on_phase: Callable[[str], None]) -> State:
    """Runs `command`, which brings a platform up, as a daemon; returns when it is ready."""
    state.make_data_dir(data_dir)
    log = data_dir / LOG
    daemon = _spawn(command, log)
    try:
        ready = await _until_ready(daemon, data_dir, on_phase)
    except BaseException:
        await _end(daemon, data_dir)
        raise
    if ready is not None:
        return ready
    await _end(daemon, data_dir)
    tail = log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
    raise PlatformError(_reason(tail) or f"the platform did not start; the end of {log}:\n{tail}")


def _reason(said: str) -> str:
    """What a command that failed in order says last, with --json; empty when it didn't."""
    try:
        return msgspec.json.decode(said.rpartition("\n")[2], type=_Failed).error["detail"]
    except (msgspec.DecodeError, KeyError):
        return ""


class _Failed(Struct):
    error: dict[str, str]


async def _end(daemon: subprocess.Popen[bytes], data_dir: Path) -> None:
    """A start that is given up, and what it has started."""
    daemon.terminate()
    try:
        await asyncio.to_thread(daemon.wait, STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        daemon.kill()
        await asyncio.to_thread(daemon.wait, KILL_TIMEOUT_S)
        await _end_leftovers(data_dir)


async def _until_ready(
    daemon: subprocess.Popen[bytes], data_dir: Path, on_phase: Callable[[str], None]
) -> State | None:
    """None when it ended, or was not ready in time."""
    deadline = time.monotonic() + START_TIMEOUT_S
    phase = ""
    while daemon.poll() is None and time.monotonic() < deadline:
        told = state.read(data_dir)
        if told is not None and told.pid == daemon.pid:
            if told.is_ready:
                return told
            if told.phase != phase:
                phase = told.phase
                on_phase(phase)
        await asyncio.sleep(POLL_S)
    return None


def _spawn(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Not asyncio's, which ends its processes with the event loop."""
    with open_private(log, "wb") as output:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            env=of_parts(os.environ, own_database=False),
        )  # fmt: skip


async def stop(data_dir: Path) -> State | None:
    """As it told in the end; None when there was none to stop. Ends what a killed one left, too.

    PlatformError when its process didn't end by itself: nothing runs any more, nothing is lost.
    """
    found = running(data_dir)
    if found is None:
        await _end_leftovers(data_dir)
        return None
    try:
        os.kill(found.pid, signal.SIGTERM)
    except PermissionError as error:
        raise PlatformError(f"process {found.pid} is another user's: stop it as them") from error
    ended = await processes.wait_until_ended(found.pid, STOP_TIMEOUT_S)
    if not ended:
        with contextlib.suppress(ProcessLookupError):
            os.kill(found.pid, signal.SIGKILL)
        await processes.wait_until_ended(found.pid, KILL_TIMEOUT_S)
    told = state.read(data_dir)
    if told is not None and told.phase == STOPPED:
        return told
    await _end_leftovers(data_dir)
    raise PlatformError(
        f"process {found.pid} "
        + ("ended while it was stopping" if ended else f"was killed after {STOP_TIMEOUT_S:.0f} s")
        + f"; what it had left is stopped now. Its log: {data_dir / LOG}"
    )


async def _end_leftovers(data_dir: Path) -> None:
    if not (data_dir / "lock").exists():
        return
    lock = Lock(data_dir / "lock")
    with contextlib.suppress(AlreadyRunning):  # one starts just now, or a command reads the ledger
        lock.acquire()
        try:
            await run_folder.end_leftovers(data_dir)
            for part in reversed(PARTS):
                await part.end_left(data_dir)
        finally:
            lock.release()


def status(data_dir: Path) -> Status | None:
    """None when none runs there."""
    found = running(data_dir)
    if found is None:
        return None
    words = {part.name: part.words for part in PARTS}
    return Status(state=found, processes=processes.of_platform(found.pid, found.parts, words))
