"""A chaos run finds a platform that breaks its promise: a copy of ours with one rule taken out."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from headrace.cluster.local.ports import free_ports

ROOT = Path(__file__).parents[2]
FOLDERS = ("runtime", "actors", "serve", "cluster", "loadtests")
RUN_TIMEOUT_S = 400


class Change(NamedTuple):
    """A place in a file, and what it reads instead."""

    file: str
    right: str
    wrong: str


class Mutant(NamedTuple):
    """What is changed, the faults that bring it to light, and as what."""

    changes: tuple[Change, ...]
    faults: str
    found: str


COMMIT = "        outcome = await self._writer.commit(decided.ready, decided.refuses())\n"
ANSWER = """\
        for (_, submission, place), answer in zip(decided.items, decided.answers):
            submission.answer(place, answer)
"""
KEYS = """\
    rows = await db.fetch(SQL["keys"], [k[0] for k in wanted], [k[1] for k in wanted])
"""
MUTANTS = {
    "answers before the commit": Mutant(
        (Change("actors/turns.py", COMMIT, ANSWER + COMMIT),),
        "connection,connection,connection,connection,postgres,connection,connection",
        "lost",
    ),
    "ignores the epoch": Mutant(
        (
            Change(
                "runtime/ledger/sql/fencing.sql",
                "AND k.epoch = w.epoch AND k.last_seq",
                "AND k.last_seq",
            ),
        ),
        "takeover,takeover",
        "unfenced",
    ),
    "drops the key": Mutant(
        (
            Change(
                "runtime/ledger/migrations/0001_journal.sql",
                "CREATE UNIQUE INDEX journal_key",
                "CREATE INDEX journal_key",
            ),
            Change("runtime/ledger/load.py", KEYS, "    rows = []\n"),
        ),
        "connection,connection,connection,connection,connection,connection",
        "doubled",
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes by their working folders")
@pytest.mark.parametrize("name", MUTANTS)
def test_a_platform_that(name: str, tmp_path: Path) -> None:
    mutant = MUTANTS[name]
    returncode, result, told = _chaos(_mutated(mutant, tmp_path), mutant.faults)
    assert returncode == 1, told
    assert result[mutant.found] > 0, told


def _mutated(mutant: Mutant, folder: Path) -> Path:
    """A copy of our packages, changed; what PYTHONPATH has to name."""
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "src", folder / "src", symlinks=True)
    for change in mutant.changes:
        file = folder / change.file
        text = file.read_text()
        assert text.count(change.right) == 1, f"{change.file} reads otherwise: mend this mutant"
        file.write_text(text.replace(change.right, change.wrong))
    return folder / "src"


def _chaos(path: Path, faults: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, result and what was told on the way."""
    (port,) = free_ports(1)
    folder = Path("/tmp") / f"headrace-chaos-{port}"
    command = [sys.executable, "-m", "headrace.loadtests.chaos", "--seed", "1"]
    command += ["--faults", faults, "--folder", str(folder), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(path)}
    try:
        run = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=RUN_TIMEOUT_S
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    told = f"{run.stdout[-3000:]}\n{run.stderr[-6000:]}"
    assert run.stdout, told
    return run.returncode, json.loads(run.stdout.splitlines()[-1]), told
