"""Headrace under measurement: one that runs somewhere, or one that the bench starts."""

import asyncio
import json
import os
import sys
import time
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import yaml

from headrace.cluster.cli.database import ledger_settings
from headrace.cluster.local import daemon, processes
from headrace.cluster.local.processes import Process
from headrace.loadtests.bench.address import Address
from headrace.loadtests.bench.payments import accounts
from headrace.loadtests.fresh_platform import partition_sums

COMMAND_TIMEOUT_S = 180.0
READY_TIMEOUT_S = 60.0
SETTLE_TIMEOUT_S = 60.0
POLL_S = 0.05


class BenchError(Exception):
    """The run could not go on."""


class Platform:
    """One that runs already and of which nothing is known but its API."""

    def __init__(self, address: Address) -> None:
        self.address = address

    async def open_accounts(self) -> None:
        """Those that the load pays with; they may exist. BenchError when one is refused."""
        answer = await self.address.post("/v1/account-batches", accounts())
        refused = [item["problem"] for item in answer["results"] if "problem" in item]
        if refused:
            raise BenchError(f"{len(refused)} accounts are refused, the first: {refused[0]}")

    async def figures(self) -> Counter[str]:
        """The partition actors' figures of /metrics, added up."""
        async with self.address.client() as http:
            return partition_sums((await http.get("/metrics")).raise_for_status().text)

    async def settled(self) -> None:
        """Waits until nothing is under way between actors."""
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while (await self.figures())["open_legs"]:
            if time.monotonic() > deadline:
                raise BenchError(f"payments are under way {SETTLE_TIMEOUT_S:.0f} s after the load")
            await asyncio.sleep(POLL_S)

    def cpu_s(self) -> float | None:
        """Spent by all of its processes since they started; None when they are not ours to see."""
        return None

    async def checkpoint(self) -> None:
        """Of its PostgreSQL, where that can be reached."""


class Ceiling:
    """The no-op application: nothing is under way in it and it keeps nothing."""

    def __init__(self, address: Address) -> None:
        self.address = address

    async def settled(self) -> None:
        """At once."""

    def cpu_s(self) -> float | None:
        """Not told."""
        return None

    async def checkpoint(self) -> None:
        """There is nothing to write."""


class LocalPlatform(Platform):
    """Started by `headrace up` with the defaults in `data_dir`, on fresh data."""

    def __init__(self, data_dir: Path, port: int) -> None:
        super().__init__(Address("127.0.0.1", port, ""))
        self.data_dir = data_dir
        self.start_s = 0.0
        """From the command to the first settled payment."""

    async def start(self) -> None:
        """Until a first payment is settled."""
        begun = time.monotonic()
        await self._headrace("up", "--port", str(self.address.port), "--detach")
        keys = json.loads((self.data_dir / "credentials.json").read_text())
        self.address = self.address._replace(api_key=keys["api_key"])
        await self._first_payment()
        self.start_s = time.monotonic() - begun

    async def _first_payment(self) -> None:
        opened: list[dict[str, object]] = [
            {"id": "bench-first", "currency": "EUR", "opening_deposit": 1_000},
            {"id": "bench-second", "currency": "EUR"},
        ]
        await self.address.post("/v1/account-batches", opened)
        debtor, creditor = (str(account["id"]) for account in opened)
        asked = {"debtor": debtor, "creditor": creditor, "amount": 1, "currency": "EUR"}
        headers = {"Idempotency-Key": "bench-first", "Prefer": "wait=20"}
        payment = await self.address.post("/v1/payments", asked, headers)
        if payment["status"] != "settled":
            raise BenchError(f"the first payment is {payment['status']}")

    async def stop(self) -> None:
        """Never raises."""
        try:
            await self._headrace("down")
        except (BenchError, TimeoutError) as error:
            print(f"headrace down: {error}", file=sys.stderr)

    async def verify(self) -> bool:
        """Whether the books are right."""
        return bool((await self._headrace("verify"))["result"] == "pass")

    def processes(self) -> list[Process]:
        """The platform's, without the ceiling's replica; PostgreSQL's included."""
        found = daemon.running(self.data_dir)
        if found is None:
            raise BenchError(f"the platform in {self.data_dir} is gone")
        parts = processes.of_platform(found.pid, found.postmaster)
        return [process for process in parts if "noop" not in process.part]

    def cpu_s(self) -> float | None:
        return sum(process.cpu_s for process in self.processes())

    def memory_mib(self) -> float:
        """Proportional set size of all of its processes."""
        return sum(process.memory_mb for process in self.processes())

    async def checkpoint(self) -> None:
        async with ledger_settings(self.data_dir) as settings:
            connection = await asyncpg.connect(settings.database_url)
            try:
                await connection.execute("CHECKPOINT")
            finally:
                await connection.close()

    async def deploy_noops(self) -> "tuple[Ceiling, Ceiling]":
        """Adds the applications of noop.py to the platform's Serve, the early one second; ready on
        return."""
        state = daemon.running(self.data_dir)
        if state is None:
            raise BenchError(f"the platform in {self.data_dir} is gone")
        config = yaml.safe_load((files("headrace.cluster") / "serve.yaml").read_text("utf-8"))
        config["http_options"] |= {"host": "127.0.0.1", "port": self.address.port}
        config["applications"] += [
            {
                "name": name,
                "route_prefix": f"/{name}",
                "import_path": "headrace.loadtests.bench.noop:build",
                "args": {"early": name == "noop-early"},
            }
            for name in ("noop", "noop-early")
        ]
        token = (self.data_dir / "ray.token").read_text()
        headers = {"Authorization": f"Bearer {token}"}
        address = f"{state.dashboard_url}/api/serve/applications/"
        async with httpx.AsyncClient(trust_env=False, timeout=60, headers=headers) as http:
            (await http.put(address, json=config)).raise_for_status()
        noop, early = (self.address._replace(prefix=p) for p in ("/noop", "/noop-early"))
        deadline = time.monotonic() + READY_TIMEOUT_S
        async with noop.client() as asks, early.client() as asks_early:
            while not (
                (await asks.post("/v1/payments", json={})).status_code == 201
                and _is_direct(await asks_early.post("/v1/payments", json={}))
            ):
                if time.monotonic() > deadline:
                    raise BenchError("the no-op applications are not ready")
                await asyncio.sleep(POLL_S)
        return Ceiling(noop), Ceiling(early)

    async def _headrace(self, *arguments: str) -> dict[str, Any]:
        """A command's JSON; BenchError when it prints none."""
        clean = {n: value for n, value in os.environ.items() if not n.startswith("HEADRACE_")}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "headrace.cluster.cli", *arguments, "--json",
            "--data-dir", str(self.data_dir), env=clean,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            output, said = await asyncio.wait_for(process.communicate(), COMMAND_TIMEOUT_S)
        except BaseException:
            process.terminate()
            raise
        lines = output.splitlines()
        if not lines:
            raise BenchError(f"headrace {arguments[0]}: {said.decode()[-2000:]}")
        told: dict[str, Any] = json.loads(lines[-1])
        return told


def _is_direct(answer: httpx.Response) -> bool:
    """Whether HAProxy has it from the replica; until it knows that, it asks Serve's own proxy."""
    return answer.status_code == 201 and "x-request-id" not in answer.headers
