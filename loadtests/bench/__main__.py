"""`python -m headrace.loadtests.bench`: Headrace beside the no-op ceiling and the baseline.

On fresh data; the last line on standard output is one JSON object. The exit code is 1 when the
books of either are wrong, whatever a target says.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from httpx import HTTPError
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from headrace.cluster.local.errors import PlatformError
from headrace.loadtests.bench import charts, tables
from headrace.loadtests.bench.baseline_service import BaselineService
from headrace.loadtests.bench.bench_platform import BenchPlatform
from headrace.loadtests.bench.run import Bench, Plan, Results
from headrace.loadtests.bench.scenarios import BATCH_CONNECTIONS, SINGLE_CONNECTIONS
from headrace.loadtests.platform_under_load import RunError, fresh_folder
from headrace.loadtests.signals import in_turn, run, to_its_end

FULL, SHORT = (10.0, 2, 15.0), (4.0, 1, 5.0)
"""Seconds of a scenario in a round, rounds, seconds of a paced run."""
LOG_WIDTH = 120
"""Characters a line where standard error is no terminal."""
FULL_TIMEOUT_S, SHORT_TIMEOUT_S = 600.0, 180.0


def main() -> None:
    """Parses, measures, prints."""
    options = _options()
    for name in [name for name in os.environ if name.startswith("HEADRACE_")]:
        del os.environ[name]  # the defaults are measured
    timeout_s = SHORT_TIMEOUT_S if options.short else FULL_TIMEOUT_S
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        console.width = LOG_WIDTH
    try:
        results = run(_measure(options, timeout_s, console))
    except (RunError, PlatformError, HTTPError, OSError, EOFError) as error:
        sys.exit(f"the bench could not go on: {error or type(error).__name__}")
    console.print(tables.scenarios(results))
    console.print(tables.targets(results))
    console.print(f"wrote {tables.write(results, options.folder)}")
    for path in charts.draw(results.rows, options.folder):
        console.print(f"drew {path}")
    print(json.dumps(results.json))
    if results.json["verify"] != "pass":
        sys.exit("the books are wrong")


async def _measure(options: argparse.Namespace, timeout_s: float, console: Console) -> Results:
    with fresh_folder() as folder:
        platform, baseline = BenchPlatform(folder / "headrace", options.port), None
        if not options.no_baseline:
            workers, pool = options.baseline_workers, options.baseline_pool
            baseline = BaselineService(folder / "baseline", options.port + 1, workers, pool)
        try:
            with _progress(console, timeout_s):
                async with asyncio.timeout(timeout_s) as limit:
                    return await Bench(_plan(options), console.print).of_fresh(platform, baseline)
        except TimeoutError as error:
            late = f"it took longer than {timeout_s:.0f} s" if limit.expired() else "no answer came"
            raise RunError(late) from error
        finally:
            console.print("stopping")
            await to_its_end(_stop(platform, baseline))


async def _stop(platform: BenchPlatform, baseline: BaselineService | None) -> None:
    await in_turn(platform.down, *([baseline.stop] if baseline is not None else []))


def _progress(console: Console, timeout_s: float) -> Progress:
    """For a terminal: that something goes on, and since when."""
    shown = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    )  # fmt: skip
    shown.add_task(f"measuring, at most {timeout_s / 60:.0f} minutes", total=None)
    return shown


def _plan(options: argparse.Namespace) -> Plan:
    seconds, rounds, paced_seconds = SHORT if options.short else FULL
    return Plan(
        seconds=options.seconds or seconds,
        rounds=options.rounds or rounds,
        paced_seconds=paced_seconds,
        single_connections=options.single_connections,
        batch_connections=options.batch_connections,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="headrace.loadtests.bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="in three minutes instead of ten")
    parser.add_argument("--seconds", type=float, help="of a scenario in a round (10; short: 4)")
    parser.add_argument("--rounds", type=int, help="(2; short: 1)")
    parser.add_argument("--port", type=int, default=8190, help="of Headrace; the next, baseline's")
    parser.add_argument("--no-baseline", action="store_true", help="only Headrace and the ceiling")
    parser.add_argument("--baseline-workers", type=int, default=1, help="processes (1)")
    parser.add_argument("--baseline-pool", type=int, default=8, help="connections of each (8)")
    for name, default in (("single", SINGLE_CONNECTIONS), ("batch", BATCH_CONNECTIONS)):
        parser.add_argument(f"--{name}-connections", type=int, default=default, help=f"({default})")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("bench-results"),
        help="of tables and charts (bench-results)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
