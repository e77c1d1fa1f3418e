"""What all seeds come to."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from headrace.loadtests.books.run import Run

TOLD_MAX = 10
"""Of each kind of fault that is no violation, printed at the end."""


def result(runs: Sequence[Run]) -> dict[str, Any]:
    """Summed up; `passed` unless anything is wrong. What differs or was refused is printed."""
    tallies = [run.tally for run in runs]
    kills: Counter[str] = Counter()
    for tally in tallies:
        kills += tally.kills
        by_place = Counter(violation.where for violation in tally.violations)
        for where, count in by_place.most_common():
            print(f"seed {tally.seed}: {count} violations of {where}", file=sys.stderr)
        for name in ("differ", "bystanders_refused"):
            for line in getattr(tally, name)[:TOLD_MAX]:
                print(f"{name}: {line}", file=sys.stderr)
    told = {
        "seeds": [tally.seed for tally in tallies],
        "operations": sum(tally.operations for tally in tallies),
        "answers_compared": sum(tally.answers_compared for tally in tallies),
        "violations": sum(len(tally.violations) for tally in tallies),
        "differ": sum(len(tally.differ) for tally in tallies),
        "bystanders_tried": sum(tally.bystanders_tried for tally in tallies),
        "bystanders_refused": sum(len(tally.bystanders_refused) for tally in tallies),
        "bystanders_ms": _spread([ms for tally in tallies for ms in tally.bystanders_ms]),
        "retries": sum(tally.retries for tally in tallies),
        "kills": dict(kills),
        "verify": "pass" if all(run.verify == "pass" for run in runs) else "fail",
    }
    wrong = ("violations", "differ", "bystanders_refused")
    told["passed"] = told["verify"] == "pass" and not any(told[name] for name in wrong)
    return told


def _spread(values_ms: Sequence[float]) -> dict[str, int]:
    ordered = sorted(values_ms)
    if not ordered:
        return {}
    p50, p99 = (ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
    return {"p50": round(p50), "p99": round(p99), "max": round(ordered[-1])}
