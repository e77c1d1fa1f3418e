"""Measures a platform that it starts on fresh data: `python -m headrace.loadtests.bench`.

Singles and batches, uniform and hot, an idle platform, and a third of the peak; then the books.
Rates are durable payments/s; CPU is all of the platform's processes' but not this one's. The last
line is one JSON object.
"""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from headrace.loadtests.bench.http_load import Load, drive
from headrace.loadtests.bench.payments import Payments, accounts

BATCH = 1_000
SINGLE_CONNECTIONS, BATCH_CONNECTIONS = 256, 8
START_TIMEOUT_S = 180
SETTLE_TIMEOUT_S = 60
say = Console(stderr=True).print


class Bench:
    """A platform under measurement, asked about itself through the command line."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self.api_key = ""
        self.figures: dict[str, Any] = {}

    def headrace(self, *arguments: str) -> dict[str, Any]:
        """A command's JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "headrace.cluster.cli", *arguments, "--data-dir",
             str(self.data_dir), "--json"],
            capture_output=True, text=True, timeout=START_TIMEOUT_S, check=False,
        )  # fmt: skip
        if not done.stdout:
            raise SystemExit(f"headrace {arguments[0]}: {done.stderr[-2000:]}")
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    def post(self, path: str, body: object) -> None:
        """Of the API, for preparing."""
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(),
            {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(asked, timeout=60) as answer:
            answer.read()

    def metrics(self) -> dict[str, float]:
        """Sums over the actors of the partitions' figures."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        sums: dict[str, float] = {}
        for line in lines:
            if line.startswith("headrace_partition_"):
                name, _, value = line.rpartition(" ")
                name = name.partition("{")[0].removeprefix("headrace_partition_")
                sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    async def run(self, name: str, batch: bool, hot: bool, seconds: float) -> None:
        """One scenario after a short warm-up."""
        connections = BATCH_CONNECTIONS if batch else SINGLE_CONNECTIONS

        def requests(part: str) -> Iterator[bytes]:
            payments = Payments(self.api_key, f"{name}-{part}", hot)
            return payments.batches(BATCH) if batch else payments.singles()

        await drive("127.0.0.1", self.port, requests("warm"), connections, seconds / 4)
        await self.settled()
        before, paid = self.headrace("status"), self.metrics()["payments_total"]
        own = time.process_time()
        load = await drive("127.0.0.1", self.port, requests("run"), connections, seconds)
        own = time.process_time() - own
        await self.settled()
        after, count = self.headrace("status"), self.metrics()["payments_total"] - paid
        if count != sum(n for s, n in load.statuses.items() if s < 300) * (BATCH if batch else 1):
            say(f"{name}: {count:.0f} payments decided, answers {dict(load.statuses)}")
        self.figures[name] = {
            "rps": round(count / load.seconds, 1),
            **_latency(load),
            "cpu_us": round((after["cpu_s"] - before["cpu_s"]) / count * 1e6, 1),
            "generator_cpu_us": round(own / count * 1e6, 1),
        }
        say(f"{name}: {self.figures[name]}")

    async def settled(self) -> None:
        """Waits until nothing is under way between actors."""
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while self.metrics()["open_legs"]:
            if time.monotonic() > deadline:
                raise SystemExit("payments are still under way")
            await asyncio.sleep(0.1)

    async def paced(self, name: str, per_second: float, connections: int, seconds: float) -> None:
        """Latency of single payments at a rate."""
        payments = Payments(self.api_key, name, False).singles()
        load = await drive(
            "127.0.0.1", self.port, payments, connections, seconds, per_second=per_second
        )
        self.figures[name] = _latency(load)
        say(f"{name}: {self.figures[name]}")


def _latency(load: Load) -> dict[str, float]:
    return {"p50_ms": load.percentile_ms(0.5), "p99_ms": load.percentile_ms(0.99)}


async def measure(bench: Bench, seconds: float) -> None:
    """Everything, on a platform that has just started."""
    started = bench.headrace("up", "--port", str(bench.port), "--detach")
    bench.figures["start_s"] = started["ready_after_s"]
    bench.api_key = json.loads((bench.data_dir / "credentials.json").read_text())["api_key"]
    rest = bench.headrace("status")["memory_mb"]
    bench.post("/v1/account-batches", accounts())
    await bench.paced("idle", 10, 1, seconds)
    for name, batch, hot in (
        ("single", False, False), ("batch", True, False),
        ("single_hot", False, True), ("batch_hot", True, True),
    ):  # fmt: skip
        await bench.run(name, batch, hot, seconds)
    await bench.paced("third_of_peak", bench.figures["single"]["rps"] / 3, 256, seconds)
    await bench.settled()
    end, metrics = bench.headrace("status"), bench.metrics()
    paid = metrics["payments_total"]
    bench.figures |= {
        "ratios": {
            "batch_hot_vs_batch": round(
                bench.figures["batch_hot"]["rps"] / bench.figures["batch"]["rps"], 2
            )
        },
        "crossing_share": round(metrics["records_debited_total"] / paid, 3),
        "risk_degraded_share": round(metrics["risk_degraded_total"] / paid, 5),
        "memory_mib": {"rest": rest, "end": end["memory_mb"]},
        "verify": bench.headrace("verify")["result"],
    }


def _table(figures: dict[str, Any]) -> Table:
    table = Table("scenario", "payments/s", "p50 ms", "p99 ms", "CPU us", "generator us")
    for name, row in figures.items():
        if isinstance(row, dict) and "p50_ms" in row:
            cells = (row.get(k, "") for k in ("rps", "p50_ms", "p99_ms", "cpu_us"))
            table.add_row(name, *map(str, cells), str(row.get("generator_cpu_us", "")))
    return table


def main() -> None:
    """Parses, measures, prints."""
    parser = argparse.ArgumentParser(prog="headrace.loadtests.bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="of each scenario (20)")
    parser.add_argument("--port", type=int, default=8190, help="of the platform (8190)")
    options = parser.parse_args()
    data_dir = Path(tempfile.mkdtemp(prefix="headrace-bench-", dir="/tmp"))
    data_dir.chmod(0o711)
    bench = Bench(data_dir, options.port)
    try:
        asyncio.run(measure(bench, options.seconds))
    finally:
        bench.headrace("down")
        shutil.rmtree(data_dir, ignore_errors=True)
    say(_table(bench.figures))
    print(json.dumps(bench.figures))


if __name__ == "__main__":
    main()
