"""The processes of a platform: which there are, what they take, and the end of those left behind.

Ray's workers rename themselves and outlive their parents, so they are known by their working
folder: the platform's runtime folder, in which nothing else runs.
"""

import asyncio
import contextlib
import os
import time
from pathlib import Path

import psutil
from msgspec import Struct

END_TIMEOUT_S = 3.0
ROUNDS_MAX = 5
"""A process killed may just have started another."""


class Process(Struct, frozen=True):
    """One process with its share of memory: pages used by several are divided among them."""

    pid: int
    part: str
    memory_mb: float
    cpu_s: float
    """Spent so far, with that of children that have ended."""


def running_in(folder: Path) -> list[psutil.Process]:
    """The processes, apart from this one, that work in a folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            where = process.cwd().removesuffix(" (deleted)")
            if process.pid != os.getpid() and Path(where) == folder:
                found.append(process)
    return found


async def end_all_in(folder: Path) -> None:
    """Kills what works in a folder: what is left there has nobody to answer to."""
    for _ in range(ROUNDS_MAX):
        left = running_in(folder)
        if not left:
            return
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        await asyncio.to_thread(psutil.wait_procs, left, END_TIMEOUT_S)


def started_at(pid: int) -> float:
    """When a process began (seconds since 1970), 0 when there is none: tells a pid used again."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


def is_running(pid: int, started: float) -> bool:
    """Whether the process that had this pid at that time still runs."""
    now = started_at(pid)
    return now != 0 and abs(now - started) < 1


async def wait_until_ended(pid: int, started: float, timeout_s: float) -> bool:
    """Whether it ended in time."""
    deadline = time.monotonic() + timeout_s
    while is_running(pid, started):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


def of_platform(pid: int, postmaster: int) -> list[Process]:
    """A platform's processes with their memory and CPU time, by part; PostgreSQL's are included."""
    found = []
    for root in {pid, postmaster} - {0}:
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(root)
            found += [parent, *parent.children(recursive=True)]
    told = {}
    for process in found:
        with contextlib.suppress(psutil.Error, OSError):
            part = "platform" if process.pid == pid else part_of(process)
            memory = process.memory_full_info().pss / 2**20
            cpu = round(sum(process.cpu_times()[:4]), 2)
            told[process.pid] = Process(process.pid, part, round(memory, 1), cpu)
    return sorted(told.values(), key=lambda process: (process.part, process.pid))


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
