"""A platform made of throw-away parts: one more is one class and one line of the list."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from headrace.cluster.cli.up import GIVE_UP_TIMEOUT_S
from headrace.cluster.local import daemon, processes, state
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.part import Part, Site
from headrace.cluster.local.parts import PARTS
from headrace.cluster.local.platform import Platform, stop_timeout_s
from headrace.cluster.local.ports import free_ports
from headrace.runtime.settings import Settings

GONE_WITHIN_S = 20.0


class Sleeper(Part):
    """A server, so to speak."""

    name = "sleeper"
    phase = "starting the sleeper"
    after = ()
    stop_timeout_s = 2.0

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        folder = self.site.runtime_dir / self.name
        folder.mkdir()
        self._process = await asyncio.create_subprocess_exec("sleep", "600", cwd=folder)

    async def tend(self) -> None:
        if not self.pids():
            self.site.tell("starting the sleeper again")
            self._process = await asyncio.create_subprocess_exec("sleep", "600")

    async def stop(self, within_s: float) -> None:
        assert self._process is not None
        self._process.terminate()
        await self._process.wait()

    def pids(self) -> list[int]:
        running = self._process is not None and self._process.returncode is None
        return [self._process.pid] if running and self._process else []


class Failing(Sleeper):
    name = "failing"
    after = ("sleeper",)

    async def start(self) -> None:
        await super().start()
        raise PlatformError("it can't")


class Broken(Sleeper):
    name = "broken"
    stop_timeout_s = 0.1

    async def stop(self, within_s: float) -> None:
        raise RuntimeError("a fault of its own")


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def platform(folder: Path, parts: Sequence[type[Part]], heard: list[str]) -> Platform:
    (port,) = free_ports(1)
    return Platform(folder, port, Settings(), heard.append, parts)


def left(folder: Path) -> list[psutil.Process]:
    told = state.read(folder)
    assert told is not None
    return processes.running_below(Path(told.runtime_dir))


async def test_a_new_part_is_started_told_tended_and_stopped(tmp_path: Path) -> None:
    heard: list[str] = []
    run = platform(tmp_path, [Sleeper], heard)
    await run.start()
    told = daemon.status(tmp_path)
    assert told is not None
    assert told.state.is_ready
    (pid,) = told.state.parts["sleeper"]
    assert [process.pid for process in told.processes if process.part == "sleeper"] == [pid]

    os.kill(pid, signal.SIGKILL)
    tending = asyncio.create_task(run.wait())
    async with asyncio.timeout(GONE_WITHIN_S):
        while heard[-2:] != ["starting the sleeper again", "ready"]:
            await asyncio.sleep(0.01)
    tending.cancel()
    again = state.read(tmp_path)
    assert again is not None
    (other,) = again.parts["sleeper"]
    assert other != pid

    assert list(await run.stop()) == []
    assert not psutil.pid_exists(other)
    assert daemon.status(tmp_path) is None
    ended = state.read(tmp_path)
    assert ended is not None
    assert (ended.phase, ended.parts) == (state.STOPPED, {})
    assert not Path(ended.runtime_dir).exists()


async def test_a_part_that_cannot_stop_keeps_no_other_from_it(tmp_path: Path) -> None:
    class Late(Sleeper):
        """Waits for ever, but is cancelled."""

        name = "late"
        stop_timeout_s = 0.1

        async def stop(self, within_s: float) -> None:
            await asyncio.Event().wait()

    run = platform(tmp_path, [Sleeper, Broken, Late], [])
    await run.start()
    assert len(left(tmp_path)) == 3
    async with asyncio.timeout(GONE_WITHIN_S):
        assert list(await run.stop()) == ["late", "broken"]
    assert not left(tmp_path)
    ended = state.read(tmp_path)
    assert ended is not None
    assert ended.not_in_order == ["late", "broken"]


async def test_a_start_that_fails_ends_what_it_has_started(tmp_path: Path) -> None:
    run = platform(tmp_path, [Sleeper, Failing], [])
    with pytest.raises(PlatformError, match="it can't"):
        await run.start()
    assert len(left(tmp_path)) == 2
    await run.stop()
    assert not left(tmp_path)


def full(*args: object) -> None:
    raise OSError("no space left on device")


async def test_nobody_hears_what_is_told(tmp_path: Path) -> None:
    """The terminal is closed, or whoever read the output has seen enough."""
    run = Platform(tmp_path, free_ports(1)[0], Settings(), full, [Sleeper])
    await run.start()
    assert list(await run.stop()) == []


async def test_a_full_disk_keeps_no_part_from_its_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = platform(tmp_path, [Sleeper], [])
    await run.start()
    (running,) = left(tmp_path)
    monkeypatch.setattr(state, "write", full)
    assert list(await run.stop()) == []
    assert not running.is_running()


async def test_a_part_left_by_a_killed_platform_is_ended_by_the_next(tmp_path: Path) -> None:
    lost = platform(tmp_path, [Sleeper], [])
    await lost.start()
    (before,) = left(tmp_path)
    lost._lock.release()  # type: ignore[union-attr]  # as the kernel does at its death
    run = platform(tmp_path, [Sleeper], [])
    await run.start()
    assert not before.is_running() or before.status() == psutil.STATUS_ZOMBIE
    await run.stop()


async def test_down_ends_a_part_left_by_a_killed_platform(tmp_path: Path) -> None:
    lost = platform(tmp_path, [Sleeper], [])
    await lost.start()
    (before,) = left(tmp_path)
    lost._lock.release()  # type: ignore[union-attr]  # as the kernel does at its death
    assert await daemon.stop(tmp_path) is None
    assert not before.is_running() or before.status() == psutil.STATUS_ZOMBIE


def test_all_bounds_of_a_stop_together_are_within_what_is_promised() -> None:
    assert GIVE_UP_TIMEOUT_S + stop_timeout_s(PARTS) <= GONE_WITHIN_S


async def test_no_folder_but_a_runtime_folder_is_ever_taken_away(tmp_path: Path) -> None:
    other = tmp_path / "mine"
    other.mkdir()
    told = state.State(pid=1, phase=state.READY, url="", runtime_dir=str(other))
    state.write(tmp_path, told)
    assert await daemon.stop(tmp_path) is None
    assert other.exists()
