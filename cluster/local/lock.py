"""One holder of a folder at a time: an advisory lock that the kernel drops with its process."""

import fcntl
import os
from pathlib import Path

from headrace.cluster.local.errors import PlatformError


class AlreadyRunning(PlatformError):
    """Somebody else holds the lock; `pid` is theirs, or 0 when they didn't say."""

    def __init__(self, path: str, pid: int) -> None:
        super().__init__(path, pid)
        self.path = path
        self.pid = pid

    def __str__(self) -> str:
        return f"{self.path} is held by process {self.pid or '?'}: it is running already"


class Lock:
    """Held from `acquire` until `release` or the end of the process, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = -1

    def acquire(self) -> None:
        """AlreadyRunning when somebody else has it; OSError when there can be none."""
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _said(fd)
            os.close(fd)
            raise AlreadyRunning(str(self._path), holder) from None
        self._fd = fd
        try:
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def holder(path: Path) -> int | None:
    """The process that holds the lock, 0 when it didn't say, or None when it is free."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _said(fd)
    finally:
        os.close(fd)
    return None


def _said(fd: int) -> int:
    holder = os.pread(fd, 32, 0).strip()
    return int(holder) if holder.isdigit() else 0
