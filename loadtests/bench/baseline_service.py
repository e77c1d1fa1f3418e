"""The baseline (loadtests/baseline) under measurement, on a PostgreSQL of its own."""

import asyncio
import os
import secrets
import sys
from pathlib import Path

import asyncpg
from msgspec import json

from headrace.cluster.local import processes
from headrace.cluster.local.postgres import Postgres
from headrace.loadtests.load.address import Address
from headrace.loadtests.load.payments import accounts
from headrace.loadtests.platform_under_load import RunError

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
VERIFY_TIMEOUT_S = 180.0
MODULE = "headrace.loadtests.baseline"


class BaselineService:
    """Its PostgreSQL is started as Headrace's is, with the same settings."""

    def __init__(self, data_dir: Path, port: int, workers: int, pool: int) -> None:
        self.address = Address("127.0.0.1", port, secrets.token_urlsafe(24))
        self._postgres = Postgres(data_dir)
        self._options = ("--workers", str(workers), "--pool", str(pool))
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Answers on return."""
        url = await self._postgres.start()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, "serve", "--database-url", url,
            "--port", str(self.address.port), *self._options, "--api-key", self.address.api_key,
            stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        async with asyncio.timeout(START_TIMEOUT_S):
            while (line := await self._process.stdout.readline()).strip() != b"ready":
                if not line:
                    raise RunError("the baseline ended at its start")

    async def stop(self) -> None:
        """The service, then its PostgreSQL."""
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), STOP_TIMEOUT_S)
            except TimeoutError:
                os.killpg(self._process.pid, 9)
        await self._postgres.stop()

    async def open_accounts(self) -> None:
        """Those that the load pays with."""
        await self.address.post("/v1/account-batches", accounts())

    async def settled(self) -> None:
        """At once: a payment is whole when it is answered."""

    def cpu_s(self) -> float | None:
        """Of its workers and its PostgreSQL, from the operating system."""
        assert self._process is not None
        found = processes.of_platform(self._process.pid, {"PostgreSQL": [self._postgres.pid]})
        return sum(process.cpu_s for process in found)

    async def checkpoint(self) -> None:
        """Of its PostgreSQL."""
        connection = await asyncpg.connect(self._postgres.url)
        try:
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    async def verify(self) -> bool:
        """Whether its books are right."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULE, "verify", "--database-url", self._postgres.url,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), VERIFY_TIMEOUT_S)
        verdict = json.decode(output.splitlines()[-1], type=dict[str, object])
        return verdict["result"] == "pass"
