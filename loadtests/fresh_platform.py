"""A platform on fresh data that a measurement starts, asks about itself, and takes away again."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headrace.cluster.local import daemon
from headrace.cluster.local.daemon import Status

COMMAND_TIMEOUT_S = 300
SETTLE_TIMEOUT_S = 60
POLL_S = 0.1
ACTORS = ("PartitionProcess", "CreditorProfiles")
"""The parts that are partition actors or keep memory for them."""


class FreshPlatform:
    """What the command line and `/metrics` tell."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self.api_key = ""
        self.ready_after_s = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def headrace(self, *arguments: str) -> dict[str, Any]:
        """A command's JSON; RuntimeError when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "headrace.cluster.cli", *arguments, "--data-dir",
             str(self.data_dir), "--json"],
            capture_output=True, text=True, timeout=COMMAND_TIMEOUT_S, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(
                f"headrace {arguments[0]}: {done.stderr[-2000:]}{done.stdout[-2000:]}"
            )
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return told

    def up(self) -> None:
        """Starts it with the defaults and what HEADRACE_ variables say."""
        told = self.headrace("up", "--port", str(self.port), "--detach")
        self.ready_after_s = told["ready_after_s"]
        self.api_key = json.loads((self.data_dir / "credentials.json").read_text())["api_key"]

    def status(self) -> Status:
        """As `headrace status` tells it; RuntimeError when it is gone."""
        found = daemon.status(self.data_dir)
        if found is None:
            raise RuntimeError(f"the platform in {self.data_dir} is gone")
        return found

    def metrics(self) -> Counter[str]:
        """Sums over the actors of the partitions' figures."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:
            return partition_sums(answer.read().decode())

    def settle(self) -> None:
        """Waits until nothing is under way between actors."""
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while self.metrics()["open_legs"]:
            if time.monotonic() > deadline:
                raise RuntimeError("payments are still under way")
            time.sleep(POLL_S)

    def verify(self) -> str:
        """`pass` or `fail`."""
        try:
            return str(self.headrace("verify")["result"])
        except RuntimeError as error:
            print(error, file=sys.stderr)
            return "fail"


def partition_sums(text: str) -> Counter[str]:
    """Of `/metrics`: the partitions' figures, without the prefix, summed over the actors."""
    sums: Counter[str] = Counter()
    for line in text.splitlines():
        if line.startswith("headrace_partition_"):
            name, _, value = line.rpartition(" ")
            name = name.partition("{")[0].removeprefix("headrace_partition_")
            sums[name] += float(value)  # type: ignore[assignment]
    return sums


def actor_memory_mib(status: Status) -> float:
    """Proportional set size of all partition actors and the store of creditors' windows."""
    parts = [p.memory_mb for p in status.processes if p.part in ACTORS]
    if not parts:
        raise RuntimeError("no actor runs")
    return round(sum(parts), 1)


@contextmanager
def fresh_platform(port: int) -> Iterator[FreshPlatform]:
    """Running; its data is gone afterwards."""
    data_dir = Path(tempfile.mkdtemp(prefix="headrace-load-", dir="/tmp"))
    data_dir.chmod(0o711)  # PostgreSQL's user passes through
    platform = FreshPlatform(data_dir, port)
    try:
        platform.up()
        yield platform
    finally:
        platform.headrace("down")
        shutil.rmtree(data_dir, ignore_errors=True)
