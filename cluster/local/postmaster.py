"""A cluster's postmaster: what its lock file says, and the end of one that was left behind.

The file's lines: pid, folder, start, port, socket folder, address, shared memory, status.
"""

import asyncio
import contextlib
import signal
from pathlib import Path

import psutil

from headrace.cluster.local.postgres_home import PostgresError

LOCK_FILE = "postmaster.pid"
STOP_TIMEOUT_S = 10.0
KILL_TIMEOUT_S = 3.0


def is_ready(cluster: Path, pid: int) -> bool:
    """As the postmaster itself says in its lock file."""
    try:
        lines = (cluster / LOCK_FILE).read_text().split("\n")  # and no other: it holds a path
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


async def stop_leftover(cluster: Path) -> None:
    """Stops a server whose parent died; the caller's lock says that nobody living uses it."""
    left = [process for process in psutil.process_iter() if _serves(process, cluster)]
    pid_file = cluster / LOCK_FILE
    if pid_file.exists():
        lines = pid_file.read_text().splitlines()
        postmaster = next((p for p in left if lines and lines[0] == str(p.pid)), None)
        if postmaster is not None:
            postmaster.send_signal(signal.SIGINT)
            await asyncio.to_thread(psutil.wait_procs, left, STOP_TIMEOUT_S)
    await kill_all_of(cluster)  # backends that outlived their postmaster, or would not end
    pid_file.unlink(missing_ok=True)  # its pid may be another process's by now


async def kill_all_of(cluster: Path) -> None:
    """Every process of the cluster; PostgresError when one does not end."""
    left = [process for process in psutil.process_iter() if _serves(process, cluster)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    _, alive = await asyncio.to_thread(psutil.wait_procs, left, KILL_TIMEOUT_S)
    if alive:
        raise PostgresError(f"PostgreSQL processes that don't end: {[p.pid for p in alive]}")


def _serves(process: psutil.Process, cluster: Path) -> bool:
    """Whether it is a PostgreSQL process of this cluster: each works in the cluster's folder."""
    try:
        return process.name() == "postgres" and Path(process.cwd()) == cluster
    except (psutil.Error, OSError):
        return False
