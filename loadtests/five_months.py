"""Plays five months of card payments and watches the actors' memory:
`python -m headrace.loadtests.five_months FOLDER`.

The months go in file order through `headrace pay`, as a user would send them. The last line is one
JSON object.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from rich.console import Console

from headrace.loadtests.platform_under_load import LocalPlatform, actor_memory_mib, fresh_platform
from headrace.loadtests.sampling import sampled
from headrace.loadtests.signals import run

FOLDER = Path("../shared/data/card-transactions")
SAMPLE_EVERY_S = 5.0
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


async def pay(platform: LocalPlatform, month: Path) -> dict[str, Any]:
    """Sends a file; the command's counts."""
    mapping = [word for f, template in MAPPING.items() for word in ("--map", f"{f}={template}")]
    return await platform.headrace("pay", str(month), *mapping, "--open-missing", OPENING_DEPOSIT)


async def measure(platform: LocalPlatform, months: list[Path]) -> dict[str, Any]:
    """All months, one after the other."""
    rest = platform.status()
    after: list[float] = []
    totals: dict[str, float] = {}
    async with sampled(platform.status, SAMPLE_EVERY_S) as seen:
        for month in months:
            counts = await pay(platform, month)
            for name, value in counts.items():
                if isinstance(value, int | float):
                    totals[name] = totals.get(name, 0) + value
            after.append(actor_memory_mib(platform.status()))
            say(f"{month.name}: {counts['submitted']} payments, actors {after[-1]} MiB")
    await platform.settled()
    end = platform.status()
    start, memory = actor_memory_mib(rest), actor_memory_mib(end)
    metrics = await platform.figures()
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
            "peak": max(map(actor_memory_mib, [*seen, end])),
            "end": memory,
            "growth": round(memory - start, 1),
        },
        "memory_mib": {"start": rest.memory_mb, "end": end.memory_mb},
        "verify": await platform.verify(),
    }


async def _measure(port: int, months: list[Path]) -> dict[str, Any]:
    async with fresh_platform(port) as platform:
        return await measure(platform, months)


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
    print(json.dumps(run(_measure(options.port, months))))


if __name__ == "__main__":
    main()
