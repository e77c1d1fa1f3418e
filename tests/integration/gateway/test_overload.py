"""More than the platform can take: refused at once, before its body is there."""

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from headrace.serve.http.request import ITEM_BYTES

from .conftest import listening, running
from .test_slow_clients import BODY, Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from headrace.runtime.settings import Settings

    from .conftest import House

NEVER_SENT_BYTES = 100_000


class BusyActors:
    """Answer only when they are let."""

    def __init__(self, house: "House") -> None:
        self._submit = house.actors.submit
        self._free = asyncio.Event()
        house.actors.submit = self.submit  # type: ignore[method-assign]  # a slow partition

    async def submit(self, actor: int, data: bytes) -> bytes:
        await self._free.wait()
        return await self._submit(actor, data)

    def let(self) -> None:
        self._free.set()


@asynccontextmanager
async def backlog(settings: "Settings") -> "AsyncIterator[tuple[House, BusyActors, list[str]]]":
    """A gateway whose oldest waiting payment has waited too long; the keys of what is accepted."""
    short = settings.replace(calls_per_actor_max=1, gateway_wait_max_s=0.05)
    async with running(short) as house:
        await house.open("alice", "bob")
        busy = BusyActors(house)
        platform = house.gateway._services
        assert platform is not None
        paying: list[asyncio.Task[httpx.Response]] = []
        for key in ("first", "second"):
            paying.append(asyncio.create_task(pay(house, key)))
            async with asyncio.timeout(60):
                while platform.admission.payments.taken < len(paying):
                    await asyncio.sleep(0.001)
        async with asyncio.timeout(60):
            while platform.partitions.waiting_s() <= 0.05:
                await asyncio.sleep(0.01)
        try:
            yield house, busy, ["first", "second"]
        finally:
            busy.let()
        assert [answer.status_code for answer in await asyncio.gather(*paying)] == [201, 201]


async def pay(house: "House", key: str) -> "httpx.Response":
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return await house.client().post("/v1/payments", content=BODY, headers=headers, timeout=120)


@pytest.mark.parametrize("path", ["/v1/payments", "/v1/payment-batches", "/v1/account-batches"])
async def test_new_work_is_refused_before_its_body_came(settings: "Settings", path: str) -> None:
    async with (
        backlog(settings) as (house, _, _), listening(house) as url, Client(house, url) as client,
    ):  # fmt: skip
        await client.head("third", NEVER_SENT_BYTES, path)
        assert await client.status() == 429
        head = await client.reader.readuntil(b"\r\n\r\n")
        assert b"retry-after: 1\r\n" in head.lower()


async def test_what_was_accepted_is_answered_and_the_gateway_takes_more_afterwards(
    settings: "Settings",
) -> None:
    async with backlog(settings) as (house, busy, accepted):
        assert (await pay(house, "third")).status_code == 429
        busy.let()
        for key in accepted:
            async with asyncio.timeout(60):
                while not await _items(house, key):
                    await asyncio.sleep(0.01)
        assert await _items(house, "third") == []
        assert (await pay(house, "third")).status_code == 201


async def _items(house: "House", key: str) -> list[object]:
    answer = await house.client().get("/v1/payments", params={"idempotency_key": key})
    found: list[object] = answer.json()["items"]
    return found


async def test_a_batch_too_large_for_the_room_left_is_refused_unread(settings: "Settings") -> None:
    roomy = settings.replace(gateway_payments_max=100, batch_items_max=100)
    async with running(roomy) as house:
        platform = house.gateway._services
        assert platform is not None
        platform.admission.payments.take(50)
        async with listening(house) as url, Client(house, url) as client:
            await client.head("large", ITEM_BYTES * 50, "/v1/payment-batches")
            assert await client.status() == 429
        async with listening(house) as url, Client(house, url) as client:
            await client.head("small", ITEM_BYTES * 10, "/v1/payment-batches")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.reader.readline(), 0.2)


async def test_a_full_gateway_reads_no_body(settings: "Settings") -> None:
    full = settings.replace(gateway_payments_max=10, batch_items_max=10)
    async with running(full) as house:
        await house.open("alice", "bob")
        platform = house.gateway._services
        assert platform is not None
        platform.admission.payments.take(10)
        async with listening(house) as url, Client(house, url) as client:
            await client.head("third", NEVER_SENT_BYTES)
            assert await client.status() == 429
        platform.admission.payments.give(10)
        assert (await pay(house, "third")).status_code == 201
