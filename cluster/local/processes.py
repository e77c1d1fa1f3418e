"""The processes of a platform: which there are, what they take, and the end of those left behind.

Ray's workers rename themselves and outlive their parents, so they are known by their working
folder: the platform's runtime folder, in which nothing else runs.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil
from msgspec import Struct

END_POLL_S = 0.05
KILL_POLL_S = 0.2
"""A process killed may just have started another: they are looked for again."""


class Process(Struct, frozen=True):
    """One process with its share of memory: pages used by several are divided among them."""

    pid: int
    part: str
    memory_mb: float
    cpu_s: float
    """Spent so far, with that of children that have ended."""


def running_in(folder: Path) -> list[psutil.Process]:
    """The processes, apart from this one, that work in a folder."""
    return _working(lambda where: where == folder)


def running_below(folder: Path) -> list[psutil.Process]:
    """The same in it and in the folders below it."""
    return _working(lambda where: where.is_relative_to(folder))


def _working(there: Callable[[Path], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            where = Path(process.cwd().removesuffix(" (deleted)"))
            if process.pid != os.getpid() and there(where):
                found.append(process)
    return found


def children_in(folder: Path) -> list[int]:
    """This process's own children that work in a folder."""
    found = []
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error, OSError):
            if Path(process.cwd()) == folder:
                found.append(process.pid)
    return found


async def end_all_in(folder: Path, timeout_s: float) -> None:
    """Kills what works in a folder: what is left there has nobody to answer to."""
    await _end_all(lambda: running_in(folder), timeout_s)


async def end_all_below(folder: Path, timeout_s: float) -> None:
    """The same in it and in the folders below it."""
    await _end_all(lambda: running_below(folder), timeout_s)


async def _end_all(found: Callable[[], list[psutil.Process]], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while left := found():
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        await asyncio.to_thread(psutil.wait_procs, left, KILL_POLL_S)
        if time.monotonic() > deadline:
            return


_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def identity(pid: int) -> str:
    """Names the process that has a pid now for good, whatever the wall clock is set to: by when it
    began, in ticks since which boot. Empty when there is none, or it ended and nobody looked."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return ""
        if sys.platform != "linux":
            return f"{process.create_time():.6f}"  # as the kernel noted it then
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return f"{fields[_STARTED]} {_BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ''}"
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return ""


_STARTED = 22 - 3
"""proc(5), /proc/pid/stat: field 22; the name, which may hold blanks, is the second."""


async def wait_until_ended(pid: int, timeout_s: float) -> bool:
    """Whether it ended in time."""
    deadline = time.monotonic() + timeout_s
    waited_for = identity(pid)
    while waited_for and identity(pid) == waited_for:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(END_POLL_S)
    return True


Words = Callable[[psutil.Process], str]


def of_platform(
    pid: int, parts: Mapping[str, Sequence[int]], words: Mapping[str, Words] | None = None
) -> list[Process]:
    """A platform's processes with their memory and CPU time, by part.

    `parts` names the processes started for each part; `words` says what to call those below them,
    which otherwise have the part's name.
    """
    called: dict[psutil.Process, str] = {}
    for name, roots in parts.items():
        for root in roots:
            for process in _tree(root):
                with contextlib.suppress(psutil.Error, OSError):
                    called[process] = words[name](process) if words and name in words else name
    for process in _tree(pid):
        if process.pid == pid:
            called[process] = "platform"
        elif process not in called:
            with contextlib.suppress(psutil.Error, OSError):
                called[process] = part_of(process)
    told = []
    for process, part in called.items():
        with contextlib.suppress(psutil.Error, OSError):
            memory = process.memory_full_info().pss / 2**20
            cpu = round(sum(process.cpu_times()[:4]), 2)
            told.append(Process(process.pid, part, round(memory, 1), cpu))
    return sorted(told, key=lambda process: (process.part, process.pid))


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def part_of(process: psutil.Process) -> str:
    """What a process is for, in the words of the Ray dashboard where it has one."""
    command = " ".join(process.cmdline())
    if process.name() == "postgres":
        return "PostgreSQL"
    if process.name() == "haproxy":
        return "HAProxy"
    if command.startswith("ray::"):
        name = command.removeprefix("ray::").split(".")[0].strip()
        if name in ("DashboardAgent", "RuntimeEnvAgent"):
            return "Ray"
        if name in ("ServeController", "ProxyActor", "HAProxyManager"):
            return "Serve"
        return name.removeprefix("ServeReplica:headrace:") or "worker"
    return "Ray"
