"""`make bench-against REV=...`: what this checkout's HEAD costs and gives beside another revision.

Both from clean clones; the last line on standard output is one JSON object. The exit code says
nothing about bounds that were missed.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from httpx import HTTPError
from rich.console import Console
from rich.table import Table

from headrace.cluster.local.errors import PlatformError
from headrace.loadtests.bench.against import clones
from headrace.loadtests.bench.against.comparison import SIDES, Compared, Figures, as_json, compare
from headrace.loadtests.bench.against.rounds import Plan, measure_rounds
from headrace.loadtests.bench.figures import Json
from headrace.loadtests.platform_under_load import RunError, fresh_folder
from headrace.loadtests.signals import run

CHECKOUT = Path(__file__).resolve().parents[3]
LOG_WIDTH = 120
"""Characters a line where standard error is no terminal."""


def main() -> None:
    """Parses, measures, prints."""
    options = _options()
    for name in [n for n in os.environ if n.startswith("HEADRACE_") or n == "PYTHONPATH"]:
        del os.environ[name]  # the defaults are measured, each with its own code
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        console.width = LOG_WIDTH
    plan = Plan(options.rounds, options.seconds, options.port)
    try:
        found, rest = run(_measured(options.rev, plan, console))
    except (RunError, PlatformError, HTTPError, OSError, EOFError) as error:
        sys.exit(f"the comparison could not go on: {error or type(error).__name__}")
    console.print(_table(compare(found["old"], found["new"]), rest))
    print(json.dumps(as_json(found["old"], found["new"], rest)))


async def _measured(
    rev: str, plan: Plan, console: Console
) -> tuple[dict[str, list[Figures]], Json]:
    """Figures by side, and what was compared how."""
    old, new = await clones.commit_of(CHECKOUT, rev), await clones.commit_of(CHECKOUT, "HEAD")
    if await clones.is_dirty(CHECKOUT):
        console.print("uncommitted changes are not measured: HEAD is")
    with fresh_folder() as folder:
        pythons = {}
        for side, commit in zip(SIDES, (old, new), strict=True):
            console.print(f"installing the {side} side, {commit[:12]}")
            pythons[side] = await clones.clone(CHECKOUT, commit, folder / side)
        found = await measure_rounds(pythons, folder, plan, console.print)
    rest: Json = {"old_rev": old, "new_rev": new, "rounds": plan.rounds, "seconds": plan.seconds}
    return found, rest


def _table(compared: list[Compared], rest: Json) -> Table:
    revisions = f"{rest['old_rev'][:12]} (old) and {rest['new_rev'][:12]} (new)"
    table = Table(title=f"{revisions}, medians of {rest['rounds']} rounds", title_justify="left")
    table.add_column("measure")
    for name in ("old", "new", "new / old", "by round", "must"):
        table.add_column(name, justify="right")
    for one in compared:
        style = "green" if one.measure.meets(one.ratio) else "red bold"
        table.add_row(
            one.measure.figure, f"{one.old:,.1f}", f"{one.new:,.1f}",
            f"[{style}]{one.ratio:.3f}[/]", f"{one.spread[0]:.3f} to {one.spread[1]:.3f}",
            f"{'>=' if one.measure.at_least else '<='} {one.measure.must:g}",
        )  # fmt: skip
    return table


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="headrace.loadtests.bench.against", description=__doc__)
    parser.add_argument("rev", help="the older revision, as git names it")
    parser.add_argument("--rounds", type=_at_least_one, default=5, help="(5)")
    parser.add_argument("--seconds", type=float, default=8.0, help="of a scenario in a round (8)")
    parser.add_argument("--port", type=int, default=8190, help="of either platform (8190)")
    return parser.parse_args()


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    main()
