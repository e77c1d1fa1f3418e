"""Clients that dawdle, stop half-way or hang up, on real sockets."""

import asyncio
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from .conftest import listening, running

if TYPE_CHECKING:
    from headrace.runtime.settings import Settings

    from .conftest import House

BODY = b'{"debtor":"alice","creditor":"bob","amount":5,"currency":"EUR"}'


class Client:
    """Writes what it likes to a socket."""

    def __init__(self, house: "House", url: str) -> None:
        self._house = house
        self._host, _, port = url.removeprefix("http://").partition(":")
        self._port = int(port)

    async def __aenter__(self) -> "Client":
        self.reader, self.writer = await asyncio.open_connection(self._host, self._port)
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.writer.close()

    async def head(self, key: str, length: int, path: str = "/v1/payments") -> None:
        token = self._house.tokens["administrator"]
        self.writer.write(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\n"
            f"Content-Length: {length}\r\n\r\n".encode()
        )
        await self.writer.drain()

    async def send(self, piece: bytes) -> None:
        self.writer.write(piece)
        await self.writer.drain()

    async def status(self) -> int:
        line = await asyncio.wait_for(self.reader.readline(), 10)
        return int(line.split()[1])


async def test_half_a_body_is_refused_in_time_and_holds_nobody_up(settings: "Settings") -> None:
    async with running(settings.replace(body_timeout_s=0.5)) as house:
        await house.open("alice", "bob")
        async with listening(house) as url, Client(house, url) as slow, Client(house, url) as quick:
            await slow.head("slow", len(BODY))
            await slow.send(BODY[:20])
            for n in range(20):
                await quick.head(f"quick-{n}", len(BODY))
                await quick.send(BODY)
                assert await quick.status() == 201
                await quick.reader.readuntil(b'"movements":[]}')
            assert await slow.status() == 408
            params = {"idempotency_key": "slow"}
            assert (await house.client().get("/v1/payments", params=params)).json()["items"] == []


async def test_a_body_in_drops_is_taken(house: "House") -> None:
    await house.open("alice", "bob")
    async with listening(house) as url, Client(house, url) as client:
        await client.head("drops", len(BODY))
        for at in range(len(BODY)):
            await client.send(BODY[at : at + 1])
        assert await client.status() == 201


async def test_a_client_that_hangs_up_half_way_leaves_nothing(house: "House") -> None:
    await house.open("alice", "bob")
    async with listening(house) as url:
        async with Client(house, url) as client:
            await client.head("gone", len(BODY))
            await client.send(BODY[:30])
        async with httpx.AsyncClient(base_url=url) as other:
            token = house.tokens["administrator"]
            answer = await other.get("/v1/payments", headers={"Authorization": f"Bearer {token}"})
        assert answer.json()["items"] == []


async def test_an_oversized_body_is_refused_before_it_came(settings: "Settings") -> None:
    small = settings.replace(body_bytes_max=1000)
    async with running(small) as house, listening(house) as url, Client(house, url) as client:
        await client.head("big", 1001, "/v1/payment-batches")
        assert await client.status() == 413


async def test_hanging_up_during_a_batch_does_not_stop_it(house: "House") -> None:
    await house.open("alice", "bob")
    items = [
        {
            "idempotency_key": f"k{n}",
            "debtor": "alice",
            "creditor": "bob",
            "amount": 1,
            "currency": "EUR",
        }
        for n in range(2000)
    ]
    body = msgspec.json.encode(items)
    platform = house.gateway._services
    assert platform is not None
    async with listening(house) as url:
        async with Client(house, url) as client:
            await client.head("batch", len(body), "/v1/payment-batches")
            await client.send(body)
            async with asyncio.timeout(60):
                while not platform.admission.payments.taken:
                    await asyncio.sleep(0.001)
        async with asyncio.timeout(60):
            while platform.admission.payments.taken:
                await asyncio.sleep(0.01)
    found = await house.client().get("/v1/payment-batches", params={"idempotency_key": "batch"})
    results = found.json()["results"]
    assert len(results) == 2000
    assert {r["status"] for r in results} == {201}
