"""The wall clocks of a run, which faults make jump: one for each process, and the clients'."""

import mmap
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from headrace.loadtests.chaos import jumping_clock
from headrace.loadtests.chaos.jumping_clock import OFFSET, SLOTS

JUMP_S_MAX = 180.0


class Clocks:
    """Right until a jump. `folder` goes on the platform's PYTHONPATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._clients_s = 0.0
        folder.mkdir()
        shutil.copy(jumping_clock.__file__, folder / "sitecustomize.py")
        path = folder / "offsets"
        path.write_bytes(bytes(OFFSET.size * SLOTS))
        with path.open("r+b") as file:
            self._offsets = mmap.mmap(file.fileno(), 0)

    def jump(self, random: Random) -> None:
        """By up to JUMP_S_MAX forwards or backwards: all processes together, as on one machine, or
        each by itself, as on many. The clients' clock jumps too."""
        self._clients_s = _jump_s(random)
        together = _jump_s(random) if random.random() < 0.5 else None
        self._set([_jump_s(random) if together is None else together for _ in range(SLOTS)])

    def right(self) -> None:
        """All clocks are the machine's again: for some a jump backwards."""
        self._clients_s = 0.0
        self._set([0.0] * SLOTS)

    def clients_now(self) -> datetime:
        """What a client believes."""
        return datetime.now(UTC) + timedelta(seconds=self._clients_s)

    def _set(self, offsets_s: list[float]) -> None:
        for number, offset_s in enumerate(offsets_s):
            OFFSET.pack_into(self._offsets, number * OFFSET.size, int(offset_s * 1e9))


def _jump_s(random: Random) -> float:
    """As often a few seconds as minutes."""
    return random.choice((-1.0, 1.0)) * float(JUMP_S_MAX ** random.random())
