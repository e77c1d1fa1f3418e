"""Plays five months of card payments and watches the actors' memory:
`python -m headrace.loadtests.five_months FOLDER`.

The months go in file order through `headrace pay`, as a user would send them. The last line is one
JSON object.
"""

import argparse
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from headrace.loadtests.fresh_platform import FreshPlatform, actor_memory_mib, fresh_platform

FOLDER = Path("../shared/data/card-transactions")
SAMPLE_EVERY_S = 5.0
MONTH_TIMEOUT_S = 600
MAPPING = {
    "debtor": "customer-{customer_id}",
    "creditor": "terminal-{terminal_id}",
    "amount": "{tx_amount}",
    "currency": "EUR",
    "idempotency_key": "{transaction_id}",
    "occurred_at": "{tx_datetime}",
}
OPENING_DEPOSIT = "100000.00"
say = Console(stderr=True).print


class MemoryWatch:
    """Samples the actors' memory in the background."""

    def __init__(self, platform: FreshPlatform) -> None:
        self.samples_mib: list[float] = []
        self._platform = platform
        self._ended = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """As long as the block runs."""
        thread = threading.Thread(target=self._watch)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(SAMPLE_EVERY_S):
            self.samples_mib.append(actor_memory_mib(self._platform.status()))


def pay(platform: FreshPlatform, month: Path) -> dict[str, Any]:
    """Sends a file; the command's counts."""
    command = [sys.executable, "-m", "headrace.cluster.cli", "pay", str(month)]
    for field, template in MAPPING.items():
        command += ["--map", f"{field}={template}"]
    command += ["--open-missing", OPENING_DEPOSIT, "--data-dir", str(platform.data_dir), "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=MONTH_TIMEOUT_S, check=False
    )
    if done.returncode:
        raise RuntimeError(f"headrace pay {month}: {done.stderr[-2000:]}{done.stdout[-500:]}")
    counts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return counts


def measure(platform: FreshPlatform, months: list[Path]) -> dict[str, Any]:
    """All months, one after the other."""
    rest = platform.status()
    after: list[float] = []
    totals: dict[str, float] = {}
    watch = MemoryWatch(platform)
    with watch.watching():
        for month in months:
            counts = pay(platform, month)
            for name, value in counts.items():
                if isinstance(value, int | float):
                    totals[name] = totals.get(name, 0) + value
            after.append(actor_memory_mib(platform.status()))
            say(f"{month.name}: {counts['submitted']} payments, actors {after[-1]} MiB")
    platform.settle()
    end = platform.status()
    start, memory = actor_memory_mib(rest), actor_memory_mib(end)
    metrics = platform.metrics()
    payments = int(totals["submitted"])
    return {
        "payments": payments,
        "settled": int(totals["settled"]),
        "declined": int(totals["declined"]),
        "in_review": int(totals["in_review"]),
        "refused": int(totals["refused"]),
        "risk_degraded": int(totals["risk_degraded"]),
        "seconds": round(totals["seconds"], 1),
        "rps": round(payments / totals["seconds"]),
        "cpu_us": round((end.cpu_s - rest.cpu_s) / payments * 1e6, 1),
        "accounts_in_memory": int(metrics["accounts_in_memory"]),
        "actor_memory_mib": {
            "start": start,
            "after_each_month": after,
            "peak": max([*watch.samples_mib, memory]),
            "end": memory,
            "growth": round(memory - start, 1),
        },
        "memory_mib": {"start": rest.memory_mb, "end": end.memory_mb},
        "verify": platform.verify(),
    }


def main() -> None:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(prog="headrace.loadtests.five_months", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=FOLDER, help=f"({FOLDER})")
    parser.add_argument("--months", type=int, default=5, help="how many of the files (5)")
    parser.add_argument("--port", type=int, default=8350, help="of the platform (8350)")
    options = parser.parse_args()
    months = sorted(options.folder.glob("*.parquet"))[: options.months]
    if not months:
        parser.error(f"no Parquet files in {options.folder}")
    with fresh_platform(options.port) as platform:
        print(json.dumps(measure(platform, months)))


if __name__ == "__main__":
    main()
