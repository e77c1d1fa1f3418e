"""One service for all tests, as the command line starts it; its books end each of them."""

import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from headrace.cluster.local.ports import free_ports
from headrace.cluster.local.postgres import DATABASE, Postgres
from headrace.loadtests.baseline.schema import connect
from headrace.loadtests.baseline.verify import verify

API_KEY = "hr_baseline"
START_TIMEOUT_S = STOP_TIMEOUT_S = 60


class Service:
    """A running service and its database."""

    def __init__(self, database_url: str) -> None:
        self.database_url = database_url
        self.port = free_ports(1)[0]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "headrace.loadtests.baseline", "serve", "--database-url",
             database_url, "--port", str(self.port), "--workers", "2", "--pool", "4",
             "--api-key", API_KEY],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        with closing(DefaultSelector()) as selector:
            selector.register(self._process.stdout, EVENT_READ)
            assert selector.select(START_TIMEOUT_S), "the service is not ready"
        assert self._process.stdout.readline() == "ready\n"

    def stop(self) -> int:
        """The exit code."""
        self._process.terminate()
        return self._process.wait(STOP_TIMEOUT_S)


class Client(httpx.AsyncClient):
    """Speaks to a service with its key."""

    async def open(self, *accounts: tuple[str, int], **settings: Any) -> None:
        """EUR accounts with deposits."""
        body = [
            {"id": id, "currency": "EUR", **({"opening_deposit": deposit} if deposit else {})}
            | settings
            for id, deposit in accounts
        ]
        answer = await self.post("/v1/account-batches", json=body)
        assert [r["status"] for r in answer.json()["results"]] == [201] * len(body)

    async def pay(
        self, key: str, debtor: str, creditor: str, amount: int, currency: str = "EUR",
        path: str = "/v1/payments",
    ) -> httpx.Response:  # fmt: skip
        """One payment."""
        body = {"debtor": debtor, "creditor": creditor, "amount": amount, "currency": currency}
        return await self.post(path, json=body, headers={"Idempotency-Key": key})

    async def batch(self, way: str, *items: tuple[str, str, str, int]) -> list[dict[str, Any]]:
        """Results of items of key, debtor, creditor and amount."""
        body = [
            {"idempotency_key": key, "debtor": debtor, "creditor": creditor, "amount": amount,
             "currency": "EUR"}
            for key, debtor, creditor, amount in items
        ]  # fmt: skip
        answer = await self.post(f"/v1/payment-batches/{way}", json=body)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        assert len(results) == len(items)
        return results

    async def balance(self, account: str) -> int:
        """Of an account."""
        posted: int = (await self.get(f"/v1/accounts/{account}")).json()["posted"]
        return posted


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database_url(postgres: Postgres) -> AsyncIterator[str]:
    """An empty database."""
    name = f"baseline_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(postgres.url)
    await connection.execute(f"CREATE DATABASE {name}")
    yield postgres.url.replace(f"/{DATABASE}?", f"/{name}?")
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(scope="session")
def service(database_url: str) -> Iterator[Service]:
    """Two workers."""
    service = Service(database_url)
    yield service
    assert service.stop() == 0


@pytest_asyncio.fixture
async def client(service: Service) -> AsyncIterator[Client]:
    """The books are verified when the test is through."""
    headers = {"Authorization": f"Bearer {API_KEY}"}
    base = f"http://127.0.0.1:{service.port}"
    async with Client(base_url=base, headers=headers, timeout=120) as client:
        yield client
    assert (await verify(service.database_url))["wrong"] == {}


@pytest_asyncio.fixture
async def ledger(service: Service) -> AsyncIterator[asyncpg.Connection]:
    """The service's tables."""
    connection = await connect(service.database_url)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def no_deadlocks(ledger: asyncpg.Connection) -> AsyncIterator[None]:
    """PostgreSQL's log tells of none during the test."""
    log = Path(await ledger.fetchval("SHOW data_directory")).with_name("postgres.log")
    before = log.read_text().count("deadlock detected")
    yield
    assert log.read_text().count("deadlock detected") == before
