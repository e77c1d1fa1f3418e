"""A new actor and a new follower are a line each, in one registry each: no other file is edited.

In a copy of the code to which an area of its own and these lines are added, without Ray: what it
would start is started in one process.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDERS = ("actors", "cluster", "loadtests", "runtime", "serve")
METRICS = """
from headrace.runtime.metrics.metric import Area, Kind, Metric, Unit

PEBBLES = Area("pebbles", ("actor",), Metric("thrown", Kind.COUNTER, Unit.NONE, "Thrown."))
"""
AREA = """
from headrace.runtime.following.follower import Effect


class Pebbles:
    async def throw(self, many):
        self.thrown = many

    def stats(self):
        return {"thrown": self.thrown}


def of_platform(settings, name):
    return Pebbles()


def effect(settings):
    return Effect()
"""
LINES = {
    "actors/roster.py": (
        "    *(\n        Actor(row.name",
        '    Actor("pebbles", "headrace.actors.pebbles:of_platform", True, area="pebbles"),\n',
    ),
    "actors/followers.py": (
        "()\n\n\ndef of_platform",
        '(Row("ripples", "headrace.actors.pebbles:effect"),) + ',
    ),
    "runtime/metrics/registry.py": ("    FOLLOWER,\n)", "    PEBBLES,\n"),
}  # fmt: skip


def test_an_actor_and_a_follower_more_are_watched_and_counted(tmp_path: Path) -> None:
    code = tmp_path / "headrace"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, code / folder)
    (code / "__init__.py").touch()
    (code / "runtime/metrics/pebbles.py").write_text(METRICS)
    (code / "actors/pebbles.py").write_text(AREA)
    for file, (before, line) in LINES.items():
        text = (code / file).read_text("utf-8")
        assert text.count(before) == 1, file
        (code / file).write_text(text.replace(before, line + before), "utf-8")
    registry = code / "runtime/metrics/registry.py"
    registry.write_text(
        "from headrace.runtime.metrics.pebbles import PEBBLES\n" + registry.read_text("utf-8")
    )
    script = Path(__file__).with_name("with_pebbles.py")
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "processes": ["account-partition-0", "account-partition-1", "workers"],
        "hosts": ["creditor-profiles", "pebbles", "ripples"],
        "told": [
            'headrace_follower_failures_total{actor="ripples"}',
            'headrace_pebbles_thrown_total{actor="pebbles"} 5.0',
        ],
        "replaced": "workers.1",
    }
