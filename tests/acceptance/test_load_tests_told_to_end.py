"""A load test that is told to end takes down what it started, and leaves no data behind."""

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

START_TIMEOUT_S = 120.0
END_TIMEOUT_S = 120.0
POLL_S = 0.1
SIZES = {
    "million_accounts": ("--accounts", "200000"),
    "overload": ("--seconds", "30", "--idle", "10"),
    "bench": ("--short",),
    "chaos": ("--short",),
}
"""Small ones, that would all go on for long enough: one of those that have their platform from
`fresh_platform`, and each that has its own way of starting one."""
BY_CTRL_C = "million_accounts"
"""Ended as it starts: once it is up, it ends as overload does."""


class LoadTest:
    """One on a port of its own, by which its platform is known."""

    def __init__(self, name: str, port: int, folder: Path) -> None:
        command = [sys.executable, "-m", f"headrace.loadtests.{name}", *SIZES[name]]
        if name == "chaos":
            command += ["--folder", str(folder / "chaos")]
        self._port = str(port)
        self._log = folder / "told"
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, "--port", self._port], cwd=folder, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not reached():
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(POLL_S)

    def data_dir(self) -> Path | None:
        """Of the platform's own process, once it runs."""
        for found in psutil.process_iter(["cmdline"]):
            words = found.info["cmdline"] or []
            if "up" in words and "--detach" not in words and self._port in words:
                return Path(words[words.index("--data-dir") + 1])
        return None

    def state(self) -> state.State | None:
        data_dir = self.data_dir()
        return state.read(data_dir) if data_dir else None

    def is_up(self) -> bool:
        told = self.state()
        return told is not None and told.is_ready

    def is_starting(self) -> bool:
        told = self.state()
        return told is not None and bool(told.runtime_dir)

    def running(self) -> list[psutil.Process]:
        """All of it: the load test's processes, the platform's, and their servers'."""
        told = self.state()
        assert told is not None
        found = {*psutil.Process(self.process.pid).children(recursive=True)}
        for root in (told.pid, *told.parts.get("PostgreSQL", [])):
            parent = psutil.Process(root)
            found |= {parent, *parent.children(recursive=True)}
        return [*found, *processes.running_in(Path(told.runtime_dir))]


@pytest.fixture
def begin(free_port: int, reachable_dir: Path) -> Iterator[Callable[[str], LoadTest]]:
    begun: list[LoadTest] = []

    def begin(name: str) -> LoadTest:
        begun.append(LoadTest(name, free_port, reachable_dir))
        return begun[-1]

    yield begin
    for load_test in begun:
        load_test.process.kill()
        load_test.process.wait(END_TIMEOUT_S)


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by their working folders")
@pytest.mark.parametrize("name", [name for name in SIZES if name != BY_CTRL_C])
def test_once_its_platform_is_up(
    name: str, begin: Callable[[str], LoadTest], assert_all_end: Callable[..., None]
) -> None:
    load_test = begin(name)
    load_test.until(load_test.is_up)
    _end(load_test, signal.SIGTERM, assert_all_end, keeps_data=name == "chaos")


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by their working folders")
def test_while_its_platform_starts(
    begin: Callable[[str], LoadTest], assert_all_end: Callable[..., None]
) -> None:
    """By a Ctrl-C, which reaches all in the terminal's foreground."""
    load_test = begin(BY_CTRL_C)
    load_test.until(load_test.is_starting)
    _end(load_test, signal.SIGINT, assert_all_end)


def _end(
    load_test: LoadTest, number: int, assert_all_end: Callable[..., None], keeps_data: bool = False
) -> None:
    told, data_dir, running = load_test.state(), load_test.data_dir(), load_test.running()
    assert told is not None
    assert data_dir is not None
    os.killpg(load_test.process.pid, number)
    assert load_test.process.wait(END_TIMEOUT_S) == 128 + number
    assert_all_end(running)
    assert load_test.data_dir() is None
    assert not Path(told.runtime_dir).exists()
    assert data_dir.exists() is keeps_data
    assert not data_dir.parent.name.startswith("headrace-load-") or not data_dir.parent.exists()
