"""Which actor a call goes to, and when it is given up, with the leases of a real ledger."""

import asyncio
import socket
from typing import Any

import pytest

from headrace.actors.direct_calls import Address, listen
from headrace.actors.ray_actors import RayActors
from headrace.runtime.database.connect import connect
from headrace.runtime.settings import Settings


class Handle:
    """An actor's, as Ray gives it: `address.remote()` tells what the actor tells, in turn."""

    def __init__(self, addresses: list[Address], holders: list[str]) -> None:
        self.address = _Method(addresses)
        self.holder = _Method(holders)


class _Method:
    def __init__(self, told: list[Any]) -> None:
        self._told = told

    async def remote(self) -> Any:
        return self._told.pop(0)


async def echo(data: bytes) -> bytes:
    return data


async def test_a_worker_that_came_back_under_its_name_is_another_holder(settings: Settings) -> None:
    settings = settings.replace(heartbeat_interval_s=0.05, heartbeat_timeout_s=0.1)
    ledger = await connect(settings.ledger)
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as gone:
        handle = Handle(
            [
                Address("127.0.0.1", gone.getsockname()[1], bytes(32)),
                await listen(echo, "127.0.0.1"),
            ],
            ["account-partition-0/before", "account-partition-0/after"],
        )

        def find(name: str) -> Any:
            asked.append(name)
            return handle

        try:
            hold = "UPDATE leases SET holder = 'account-partition-0/' || $1"
            await ledger.execute(hold, "before")
            actors = RayActors(settings.cell, settings.ledger, settings.calls, find)
            waiting = asyncio.ensure_future(actors.submit(0, b"pay"))
            done, _ = await asyncio.wait([waiting], timeout=0.3)
            assert not done
            await ledger.execute(hold, "after")
            with pytest.raises(ConnectionError):
                await asyncio.wait_for(waiting, 60)
            assert await asyncio.wait_for(actors.submit(0, b"pay"), 10) == b"pay"
        finally:
            await ledger.close()
    assert asked == ["account-partition-0"] * 2


async def test_an_actor_of_the_same_name_that_holds_something_else_is_not_asked(
    settings: Settings,
) -> None:
    """After a start with another number of actors a lease may still name one of the old platform,
    and an actor of the new one has its name."""
    ledger = await connect(settings.ledger)
    here = await listen(echo, "127.0.0.1")
    holders = ["account-partition-0/new"] * 20 + ["account-partition-1/new"]
    handle = Handle([here] * 21, holders)
    asked: list[str] = []

    def find(name: str) -> Any:
        asked.append(name)
        return handle

    try:
        await ledger.execute("UPDATE leases SET holder = 'account-partition-0/old'")
        actors = RayActors(settings.cell, settings.ledger, settings.calls, find)
        for _ in range(20):
            with pytest.raises(LookupError):
                await asyncio.wait_for(actors.submit(1, b"pay"), 10)
        await ledger.execute("UPDATE leases SET holder = 'account-partition-1/new'")
        assert await asyncio.wait_for(actors.submit(1, b"pay"), 10) == b"pay"
    finally:
        await ledger.close()
    assert asked == ["account-partition-0"] * 20 + ["account-partition-1"]
