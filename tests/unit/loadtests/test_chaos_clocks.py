"""Clocks jump where they are to, in a process that knows nothing of it, and only they."""

import subprocess
import sys
import time
from pathlib import Path
from random import Random

from headrace.loadtests.chaos.clocks import JUMP_S_MAX, Clocks

READ = "import time; print(time.time_ns() / 1e9, time.time(), time.monotonic())"


def _read(clocks: Clocks) -> tuple[float, float, float]:
    """Wall clock of our code, of Ray, and the monotonic clock, in another process."""
    run = subprocess.run(
        [sys.executable, "-c", READ], env={"PYTHONPATH": str(clocks.folder)},
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    ours, rays, monotonic = map(float, run.stdout.split())
    return ours, rays, monotonic


def test_a_process_s_clock_jumps_and_is_right_again(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path / "clocks")
    clocks.jump(Random(1))
    ours, rays, monotonic = _read(clocks)
    assert 1 <= abs(ours - rays) <= JUMP_S_MAX + 1
    assert abs(rays - time.time()) < 30
    assert 0 <= time.monotonic() - monotonic < 30
    assert abs(clocks.clients_now().timestamp() - time.time()) >= 0.9
    clocks.right()
    ours, rays, _ = _read(clocks)
    assert abs(ours - rays) < 0.5
    assert abs(clocks.clients_now().timestamp() - time.time()) < 0.5


def test_clocks_jump_both_ways_and_by_minutes_too(tmp_path: Path) -> None:
    clocks, random = Clocks(tmp_path / "clocks"), Random(1)
    jumps = []
    for _ in range(100):
        clocks.jump(random)
        jumps.append(clocks.clients_now().timestamp() - time.time())
    assert min(jumps) < -60 < 60 < max(jumps)
