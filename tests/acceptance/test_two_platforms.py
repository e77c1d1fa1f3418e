"""Two platforms, each a Ray cluster of its own, on one ledger."""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import psutil
import pytest_asyncio

from headrace.cluster.local.ports import free_ports
from headrace.runtime.database.connect import connect
from headrace.runtime.settings import Settings

UP_TIMEOUT_S = 180.0
OTHER_PAYS_WITHIN_S = 120.0
"""Far out: what it takes is a matter of the machine, and of `make chaos`."""
IDLE_S = 10.0


class Side:
    """One of the platforms, as a process of its own and killed as such."""

    def __init__(self, settings: Settings) -> None:
        self.data_dir = Path(tempfile.mkdtemp(prefix="headrace-side-", dir="/tmp"))
        (port,) = free_ports(1)
        self.port = port
        clean = {n: value for n, value in os.environ.items() if not n.startswith("HEADRACE_")}
        self._environment = clean | {
            "HEADRACE_DATABASE_URL": settings.ledger.database_url,
            "HEADRACE_MASTER_KEY_FILE": settings.keys.master_key_file,
        }

    def run(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "headrace.cluster.cli", *arguments]
        where = ("--data-dir", str(self.data_dir))
        done = subprocess.run(
            [*command, *where], env=self._environment, capture_output=True, text=True,
            timeout=UP_TIMEOUT_S,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout

    async def up(self) -> None:
        await asyncio.to_thread(self.run, "up", "--detach", "--port", str(self.port))
        keys = json.loads((self.data_dir / "credentials.json").read_text())
        self.client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False,
            headers={"Authorization": f"Bearer {keys['api_key']}"},
        )  # fmt: skip

    async def kill(self, processes_of: Callable[[Path], list[psutil.Process]]) -> None:
        """All at once and without a word, as a machine does that loses its power."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in processes_of(self.data_dir):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()

    async def answer(self, key: str) -> int:
        """The status of one payment; 0 when nobody answers."""
        try:
            answer = await self.client.post(
                "/v1/payments",
                headers={"Idempotency-Key": key},
                json={"debtor": "debtor", "creditor": "creditor", "amount": 1, "currency": "EUR"},
            )
        except httpx.TransportError:
            return 0
        return answer.status_code

    async def pays(self, within_s: float = OTHER_PAYS_WITHIN_S) -> None:
        key, begun, seen = uuid.uuid4().hex, time.monotonic(), [0]
        while seen[-1] != 201:
            assert time.monotonic() - begun < within_s, seen
            await asyncio.sleep(0.1)
            seen.append(await self.answer(key))


@pytest_asyncio.fixture
async def sides(
    settings: Settings, processes_of: Callable[[Path], list[psutil.Process]]
) -> AsyncIterator[tuple[Side, Side]]:
    both = Side(settings), Side(settings)
    try:
        yield both
    finally:
        for side in both:
            if (side.data_dir / "platform.json").exists():
                await side.kill(processes_of)
                side.run("down")
            shutil.rmtree(side.data_dir, ignore_errors=True)


async def test_an_outage_for_good_after_another_cluster_took_over(
    sides: tuple[Side, Side],
    settings: Settings,
    processes_of: Callable[[Path], list[psutil.Process]],
) -> None:
    first, second = sides
    ledger = await connect(settings.ledger)

    async def assert_quiet() -> None:
        """Nobody takes the leases from anybody."""
        epochs = "SELECT sum(epoch) FROM leases"
        before = await ledger.fetchval(epochs)
        await asyncio.sleep(IDLE_S)
        assert await ledger.fetchval(epochs) == before

    await first.up()
    accounts = [
        {"id": "debtor", "currency": "EUR", "opening_deposit": 100_000},
        {"id": "creditor", "currency": "EUR"},
    ]
    (await first.client.post("/v1/account-batches", json=accounts)).raise_for_status()
    await first.pays()

    await second.up()
    await second.pays()
    assert await first.answer(uuid.uuid4().hex) == 503
    await second.pays()
    await assert_quiet()
    assert await first.answer(uuid.uuid4().hex) == 503

    await second.kill(processes_of)
    await first.pays()

    await second.up()
    await second.pays()
    await assert_quiet()
    await first.kill(processes_of)
    await second.pays()
    await ledger.close()
