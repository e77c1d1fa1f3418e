"""The short chaos run: each fault once, and books that are right afterwards."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.cluster.local.ports import free_ports

RUN_TIMEOUT_S = 400


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by their working folders")
def test_nothing_is_lost_when_parts_are_killed() -> None:
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "headrace.loadtests.chaos", "--short", "--seed", "1"]
    folder = Path("/tmp") / f"headrace-chaos-{port}"
    command += ["--folder", str(folder), "--port", str(port)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    result = json.loads(run.stdout.splitlines()[-1])
    assert run.returncode == 0, f"{result}\n{run.stderr[-4000:]}"
    assert all(n for name, n in result["kills"].items() if name != "platform"), result
    assert result["acknowledged"] > 100
