"""The chaos run finds a platform that breaks its promise: a copy of ours with one line changed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.cluster.local.ports import free_ports

ROOT = Path(__file__).parents[2]
FOLDERS = ("runtime", "actors", "serve", "cluster", "loadtests")
RUN_TIMEOUT_S = 400


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by their working folders")
def test_a_commit_in_doubt_answered_as_if_it_were_done(tmp_path: Path) -> None:
    for folder in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copytree(ROOT / "src", tmp_path / "src", symlinks=True)
    writer = tmp_path / "actors" / "writer.py"
    right, wrong = (
        "return Outcome.IN_DOUBT\n        return",
        "return Outcome.COMMITTED\n        return",
    )
    text = writer.read_text()
    assert text.count(right) == 1
    writer.write_text(text.replace(right, wrong))

    (port,) = free_ports(1)
    folder = Path("/tmp") / f"headrace-chaos-{port}"
    command = [sys.executable, "-m", "headrace.loadtests.chaos", "--short", "--seed", "2"]
    command += ["--folder", str(folder), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "src")}
    try:
        run = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=RUN_TIMEOUT_S
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert run.returncode == 1, run.stderr[-4000:]
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["lost"] > 0, result
