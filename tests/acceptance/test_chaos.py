"""The short chaos run: each fault at least once, and books that are right afterwards."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.cluster.local.ports import free_ports

RUN_TIMEOUT_S = 600


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by their working folders")
def test_nothing_is_lost_whatever_is_killed() -> None:
    (port,) = free_ports(1)
    folder = Path("/tmp") / f"headrace-chaos-{port}"
    command = [sys.executable, "-m", "headrace.loadtests.chaos", "--short", "--seed", "1"]
    command += ["--folder", str(folder), "--port", str(port)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
    assert run.returncode == 0, f"{run.stdout[-3000:]}\n{run.stderr[-6000:]}"
    result = json.loads(run.stdout.splitlines()[-1])
    assert all(n for name, n in result["kills"].items() if name not in result["skipped"]), result
    shutil.rmtree(folder, ignore_errors=True)
