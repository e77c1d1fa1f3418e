"""A small disk of its own for PostgreSQL, that can be filled to the last byte."""

import errno
import os
import subprocess
from pathlib import Path

SIZE = "1g"
PIECES_BYTES = (1 << 24, 1 << 20, 1 << 16, 4096)
"""Others write meanwhile: what no longer fits as a large piece is taken in smaller ones."""
TIMEOUT_S = 30


class Disk:
    """A tmpfs at `folder`, for which one has to be root; `missing` says why there is none. Then
    `folder` is a folder like any other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.missing = ""
        self._ballast = folder / "ballast"

    def mount(self) -> None:
        self.folder.mkdir()
        options = ["-o", f"size={SIZE},mode=0755"]
        try:
            done = _run("mount", "-t", "tmpfs", *options, "headrace-chaos", str(self.folder))
        except OSError as error:
            self.missing = repr(error)
            return
        if done.returncode != 0:
            self.missing = done.stderr.strip() or "mount failed"

    def fill(self) -> None:
        """Until nothing more can be written."""
        size = 0
        with self._ballast.open("wb") as file:
            for piece in PIECES_BYTES:
                while _allocated(file.fileno(), size, piece):
                    size += piece

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)

    def unmount(self) -> None:
        """What is on it is gone."""
        if not self.missing:
            unmount(self.folder)


def _allocated(file: int, offset: int, length: int) -> bool:
    """Whether there was room."""
    try:
        os.posix_fallocate(file, offset, length)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        return False
    return True


def unmount(folder: Path) -> None:
    """Also when a run that was killed left its server working there."""
    if os.path.ismount(folder):
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
