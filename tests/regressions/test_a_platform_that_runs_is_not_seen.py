"""`status` said that no platform runs, and `down` that none ran, while the API answered.

The clock had been set by 2 s, and the process was known by the time of day at which it began. Now
the lock says that there is a platform; its process is known by ticks since boot. Siblings looked
for:

| door | input | |
|---|---|---|
| status, down, up --detach | the clock is set, forth or back | found |
| status, down | platform.json is gone, torn or of an older run | found: "none ran", exit 0 |
| down | a lock whose process can't be seen here, as in another container | found: "none ran" |
| down | the process ended, its parent doesn't look | found: waited 30 s, "was killed" |
| status | asked while one starts | found: took the lock for a moment, the start was refused |
| down | a platform that an older version started, which tells no such ticks | clean |
| Ray's processes, PostgreSQL's that were left | the clock is set | clean: pids and folders |
"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from headrace.cluster.local import daemon, state
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.lock import Lock, holder

FAR_OUT_S = 60.0
RUNS = """
import os, signal, sys
from pathlib import Path
from headrace.cluster.local import processes, state
from headrace.cluster.local.lock import Lock
folder = Path(sys.argv[1])
Lock(folder / "lock").acquire()
told = state.State(pid=os.getpid(), process=processes.identity(os.getpid()), phase="ready", url="")
state.write(folder, told)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("runs", flush=True)
signal.sigwait([signal.SIGTERM])
told.phase = "stopped"
state.write(folder, told)
"""
"""What others see of a platform: the lock, what it tells, and that it ends when told to."""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", RUNS, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"runs\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def set_clock(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel says of its boot follows the wall clock (/proc/stat, btime)."""
    booted = psutil.boot_time()
    for module in (psutil, psutil._psplatform):  # type: ignore[attr-defined]  # where it's asked
        monkeypatch.setattr(module, "boot_time", lambda: booted + seconds)
    assert psutil.Process().create_time() != 0


@pytest.mark.parametrize("seconds", [2, -2, 3600, -86_400 * 365])
async def test_whatever_the_clock_is_set_to(
    seconds: float, running: subprocess.Popen[bytes], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    set_clock(seconds, monkeypatch)
    seen = daemon.status(tmp_path)
    assert seen is not None
    assert seen.state.pid == running.pid
    ended = await daemon.stop(tmp_path)
    assert ended is not None
    assert ended.phase == state.STOPPED
    assert daemon.status(tmp_path) is None


async def test_one_of_an_older_version_is_seen(
    running: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    file = tmp_path / state.FILE
    told = state.read(tmp_path)
    assert told is not None
    file.write_text(file.read_text().replace('"process"', '"started"'))
    assert daemon.running(tmp_path) is not None
    assert await daemon.stop(tmp_path) is not None


BLIND = {
    "gone": lambda file: file.unlink(),
    "torn": lambda file: file.write_text('{"pid": 1, "sta'),
    "of an older run": lambda file: file.write_text(
        f'{{"pid": {os.getpid()}, "phase": "stopped", "url": ""}}'
    ),
    "of another boot": lambda file: file.write_text(
        file.read_text().replace('"process": "', '"process": "1')
    ),
}


@pytest.mark.parametrize("what", BLIND)
async def test_one_that_cannot_be_told_is_never_none(
    what: str, running: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    BLIND[what](tmp_path / state.FILE)
    for look in (daemon.running, daemon.status):
        with pytest.raises(PlatformError, match=f"process {running.pid} holds"):
            look(tmp_path)
    with pytest.raises(PlatformError, match=f"process {running.pid} holds"):
        await daemon.stop(tmp_path)
    assert running.poll() is None, "nothing was done to it"


async def test_one_that_nobody_looks_after_has_ended_when_it_has(
    running: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """Its parent, this test, doesn't reap it."""
    async with asyncio.timeout(daemon.STOP_TIMEOUT_S):
        assert await daemon.stop(tmp_path) is not None
    assert psutil.Process(running.pid).status() == psutil.STATUS_ZOMBIE


def test_looking_takes_the_lock_from_nobody(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_text("7\n")
    assert holder(path) is None
    assert path.read_text() == "7\n", "a look says nothing of itself"
    lock = Lock(path)
    lock.acquire()
    assert holder(path) == os.getpid()
    lock.release()


def test_a_stopped_process_is_a_running_platform(
    running: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    running.send_signal(signal.SIGSTOP)
    assert daemon.running(tmp_path) is not None
    running.send_signal(signal.SIGCONT)
