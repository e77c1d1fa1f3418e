"""A short draw of mutants of the deciders: the unit tests see most of them.

`make mutants` draws many of the whole core, and asks a reason of each survivor.
"""

import json
import subprocess
import sys

RUN_TIMEOUT_S = 1_200
DRAWN = 12
UNSEEN_MAX = 2
"""Without a reason: which are drawn changes with the code, and so may those that can't be seen."""


def test_hardly_any_mutant_of_the_deciders_survives() -> None:
    command = [sys.executable, "-m", "headrace.loadtests.mutants", "--seed", "1", "--unit"]
    command += ["--mutants", str(DRAWN), "--only", "headrace.runtime.payments.decide"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=RUN_TIMEOUT_S)
    told = f"{run.stdout[-3000:]}\n{run.stderr[-3000:]}"
    assert run.stdout, told
    result = json.loads(run.stdout.splitlines()[-1])
    assert result["drawn"] == DRAWN, told
    assert result["unexplained"] <= UNSEEN_MAX, told
