"""The short run of the client with its own books: every answer as it foretells it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.cluster.local.ports import free_ports

RUN_TIMEOUT_S = 400


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by their working folders")
def test_a_client_with_its_own_books_is_told_nothing_else() -> None:
    (port,) = free_ports(1)
    folder = Path("/tmp") / f"headrace-books-{port}"
    command = [sys.executable, "-m", "headrace.loadtests.books", "--short", "--seeds", "1"]
    command += ["--folder", str(folder), "--port", str(port)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
    told = f"{run.stdout[-3000:]}\n{run.stderr[-8000:]}"
    assert run.stdout, told
    result = json.loads(run.stdout.splitlines()[-1])
    assert (result["verify"], result["differ"]) == ("pass", 0), told
    assert (result["violations"], result["bystanders_refused"]) == (0, 0), told
    assert run.returncode == 0, told
    assert result["operations"] > 5_000
    assert result["bystanders_tried"] > 100
    assert result["kills"]
    shutil.rmtree(folder, ignore_errors=True)
