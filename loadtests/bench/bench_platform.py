"""Headrace under measurement: one that runs somewhere, or one that the bench starts."""

import asyncio
import time
from importlib.resources import files

import asyncpg
import httpx
import yaml

from headrace.cluster.cli.database import ledger_settings
from headrace.cluster.local.processes import Process
from headrace.loadtests.load.address import Address
from headrace.loadtests.platform_under_load import POLL_S, LocalPlatform, Platform, RunError

READY_TIMEOUT_S = 60.0


class RunningPlatform(Platform):
    """Of its machine nothing is known."""

    def cpu_s(self) -> float | None:
        """Not ours to see."""
        return None

    async def checkpoint(self) -> None:
        """Its PostgreSQL can't be reached."""


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


class BenchPlatform(LocalPlatform):
    """One that the bench starts, and which can have the no-op applications beside its own."""

    start_s = 0.0
    """From the command to the first settled payment."""

    async def start(self) -> None:
        """Until a first payment is settled."""
        begun = time.monotonic()
        await self.up()
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
            raise RunError(f"the first payment is {payment['status']}")

    def processes(self) -> list[Process]:
        """The platform's, without the ceiling's replica; PostgreSQL's included."""
        return [process for process in self.status().processes if "noop" not in process.part]

    def cpu_s(self) -> float | None:
        return sum(process.cpu_s for process in self.processes())

    def memory_mib(self) -> float:
        """Proportional set size of all of its processes."""
        return sum(process.memory_mb for process in self.processes())

    async def checkpoint(self) -> None:
        async with ledger_settings(self.data_dir) as settings:
            connection = await asyncpg.connect(settings.ledger.database_url)
            try:
                await connection.execute("CHECKPOINT")
            finally:
                await connection.close()

    async def deploy_noops(self) -> tuple[Ceiling, Ceiling]:
        """Adds the applications of noop.py to the platform's Serve, the early one second; ready on
        return."""
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
        address = f"{self.status().state.dashboard_url}/api/serve/applications/"
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
                    raise RunError("the no-op applications are not ready")
                await asyncio.sleep(POLL_S)
        return Ceiling(noop), Ceiling(early)


def _is_direct(answer: httpx.Response) -> bool:
    """Whether HAProxy has it from the replica; until it knows that, it asks Serve's own proxy."""
    return answer.status_code == 201 and "x-request-id" not in answer.headers
