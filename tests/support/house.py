"""A gateway over real partitions and a real ledger, in one process and without Ray."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import uvicorn
from support.strangers import NoWindows, Unscored

from headrace.actors.account_partition import AccountPartition
from headrace.actors.partition_client import PartitionClient, Stats
from headrace.runtime.database import connect
from headrace.runtime.identity import keys, tenants
from headrace.runtime.identity.keys import Role
from headrace.runtime.payments.open_leg import LegId
from headrace.runtime.settings import Settings
from headrace.serve.gateway.app import Gateway


class InProcess:
    """Calls reach the partitions directly; one that is `away` does not answer."""

    def __init__(self, partitions: list[AccountPartition]) -> None:
        self.partitions = partitions
        self.away: set[int] = set()

    async def submit(self, actor: int, data: bytes) -> bytes:
        if actor in self.away:
            raise ConnectionError("away")
        return await self.partitions[actor].submit(data)

    async def await_leg(self, actor: int, opened_by: LegId, timeout_s: float) -> None:
        await self.partitions[actor].await_leg(opened_by, timeout_s)

    async def stats(self, actor: int) -> Stats:
        if actor in self.away:
            raise ConnectionError("away")
        return self.partitions[actor].stats()


class House:
    """A running gateway, and whom to ask it as."""

    def __init__(
        self, settings: Settings, gateway: Gateway, actors: InProcess, risk: Unscored,
        pool: asyncpg.Pool,
    ) -> None:  # fmt: skip
        self.settings = settings
        self.gateway = gateway
        self.actors = actors
        self.risk = risk
        self.pool = pool
        self.tokens: dict[str, str] = {}
        self._clients: list[httpx.AsyncClient] = []

    def client(self, who: str = "administrator") -> httpx.AsyncClient:
        """Speaks as administrator, reviewer (another administrator), member, operator, stranger
        (another tenant's) or nobody."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.gateway, raise_app_exceptions=True),
            base_url="http://gateway",
            headers=headers,
        )
        self._clients.append(client)
        return client

    async def admit(self) -> None:
        """Two tenants and their keys."""
        tenant, key = await tenants.create(self.pool, "acme")
        _, other = await tenants.create(self.pool, "globex")
        member = await keys.create(self.pool, tenant.number, Role.MEMBER)
        reviewer = await keys.create(self.pool, tenant.number, Role.ADMINISTRATOR)
        operator = await keys.create(self.pool, None, Role.OPERATOR)
        made = {
            "administrator": key,
            "reviewer": reviewer,
            "stranger": other,
            "member": member,
            "operator": operator,
        }
        self.tokens = {who: made.api_key or "" for who, made in made.items()}

    async def open(self, *accounts: str, money: int = 100_000, currency: str = "EUR") -> None:
        """Opens accounts with money in them."""
        items = [{"id": a, "currency": currency, "opening_deposit": money} for a in accounts]
        answer = await self.client().post("/v1/account-batches", json=items)
        assert [r["status"] for r in answer.json()["results"]] == [201] * len(accounts), answer.text

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[House]:
    """Two actors and a gateway on a fresh ledger."""
    risk = Unscored()
    actors = InProcess([])
    peers = PartitionClient(settings.cell, settings.calls, actors)
    actors.partitions = [
        AccountPartition(n, f"account-partition-{n}", settings, risk, NoWindows(), peers.post_legs)
        for n in range(settings.cell.actors)
    ]
    pool = await connect.pool(settings.ledger)
    gateway = Gateway(settings, PartitionClient(settings.cell, settings.calls, actors), pool)
    house = House(settings, gateway, actors, risk, pool)
    try:
        for partition in actors.partitions:
            await partition.start()
        await gateway.start()
        await house.admit()
        yield house
    finally:
        await house.close()
        await gateway.stop()
        for partition in actors.partitions:
            await partition.stop()
        await pool.close()


@asynccontextmanager
async def listening(house: "House") -> AsyncIterator[str]:
    """The gateway on a port of its own."""
    config = uvicorn.Config(house.gateway, port=0, lifespan="off", log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(60):
        while not server.started:
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await serving
