"""Whatever of a platform dies first, the rest is gone within 20 s and PostgreSQL ended in order."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from headrace.cluster.local import processes, state
from headrace.cluster.local.postmaster import LOCK_FILE

START_TIMEOUT_S = 150.0
GONE_WITHIN_S = 20.0
POLL_S = 0.05
CLEAN = "database system is shut down"
pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="finds processes by their working folders"
)


class Foreground:
    """`headrace up` as the leader of a process group, as a shell, systemd or CI starts it."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.log = data_dir.with_name("told")
        command = [sys.executable, "-m", "headrace.cluster.cli", "up", "--json"]
        command += ["--data-dir", str(data_dir), "--port", str(port)]
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        self.seen: set[psutil.Process] = set()

    def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not reached():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(POLL_S)
        self.see()

    def state(self) -> state.State | None:
        """As this process tells it; None until it has begun."""
        told = state.read(self.data_dir)
        return told if told is not None and told.pid == self.process.pid else None

    def is_up(self) -> bool:
        told = self.state()
        return told is not None and told.is_ready

    def is_starting_ray(self) -> bool:
        return bool(self.named("gcs_server"))

    def see(self) -> None:
        """Remembers what runs now."""
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.process.pid)
            self.seen |= {parent, *parent.children(recursive=True)}
        told = self.state()
        if told is not None and told.runtime_dir:
            self.seen |= {*processes.running_in(Path(told.runtime_dir))}

    def named(self, start: str) -> list[psutil.Process]:
        """Its living processes whose name or title begins so."""
        self.see()
        found = []
        for process in self.seen:
            with contextlib.suppress(psutil.Error):
                names = (process.name(), " ".join(process.cmdline()))
                if any(name.startswith(start) for name in names):
                    found.append(process)
        return found

    def left(self) -> list[psutil.Process]:
        self.see()
        alive = []
        for process in self.seen:
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                    alive.append(process)
        return alive

    def group(self, number: int) -> None:
        os.killpg(self.process.pid, number)

    def every(self, number: int) -> None:
        self.see()
        for process in sorted(self.seen, key=lambda process: process.pid != self.process.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def leader(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self, *starts: str) -> None:
        for start in starts:
            doomed = self.named(start)
            assert doomed, start
            for process in doomed:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()

    def postgres_says(self) -> str:
        return (self.data_dir / "postgres.log").read_text()


@pytest.fixture
def foreground(reachable_dir: Path, free_port: int) -> Iterator[Foreground]:
    started = Foreground(reachable_dir / "data", free_port)
    yield started
    for process in started.left():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    started.process.wait(GONE_WITHIN_S)
    down = [sys.executable, "-m", "headrace.cluster.cli", "down", "--data-dir"]
    subprocess.run([*down, str(started.data_dir)], timeout=START_TIMEOUT_S, capture_output=True)


def ends(foreground: Foreground, *statuses: int, postgres_lives: bool = True) -> None:
    """Within the bound, nothing left behind, and told by the exit status."""
    try:
        exited = foreground.process.wait(GONE_WITHIN_S)
    except subprocess.TimeoutExpired:
        left = [process.cmdline()[:3] for process in foreground.left()]
        pytest.fail(f"after {GONE_WITHIN_S} s {len(left)} processes: {left}")
    assert not foreground.left()
    told = json.loads((foreground.data_dir / state.FILE).read_text())
    assert told["phase"] == state.STOPPED
    assert not Path(told["runtime_dir"]).exists()
    if postgres_lives:
        assert not (foreground.data_dir / "postgres" / LOCK_FILE).exists()
        assert foreground.postgres_says().rstrip().endswith(CLEAN)
    assert exited in statuses, foreground.log.read_text()


Fate = Callable[[Foreground], None]
AT_ONCE: dict[str, tuple[Fate, *tuple[int, ...]]] = {
    "SIGTERM to the group": (lambda it: it.group(signal.SIGTERM), 0),
    "SIGTERM to every process, as systemd sends it": (lambda it: it.every(signal.SIGTERM), 0, 5),
    "the raylet is killed": (lambda it: it.kill("raylet"), 1),
}
"""What happens to a running platform, and the exit status that tells of it."""


@pytest.mark.parametrize("what", AT_ONCE)
def test_what_ends_a_running_platform(what: str, foreground: Foreground) -> None:
    foreground.until(foreground.is_up)
    fate, *statuses = AT_ONCE[what]
    fate(foreground)
    ends(foreground, *statuses)


def test_two_signals_to_the_group_while_ray_starts(foreground: Foreground) -> None:
    foreground.until(foreground.is_starting_ray)
    foreground.group(signal.SIGTERM)
    foreground.leader(signal.SIGINT)
    ends(foreground, 0)


def test_postgresql_and_the_gateway_are_gone_when_it_is_told(foreground: Foreground) -> None:
    foreground.until(foreground.is_up)
    foreground.leader(signal.SIGSTOP)  # so that it can't start PostgreSQL anew
    told = foreground.state()
    assert told is not None
    for pid in told.parts["PostgreSQL"]:
        os.kill(pid, signal.SIGKILL)
    foreground.kill("ray::ServeController", "haproxy")
    foreground.leader(signal.SIGHUP)
    foreground.leader(signal.SIGCONT)
    ends(foreground, 5, postgres_lives=False)
