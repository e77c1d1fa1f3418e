"""The event stream over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import running

if TYPE_CHECKING:
    from headrace.runtime.settings import Settings

    from .conftest import House

Json = dict[str, Any]


def parse(text: str) -> list[tuple[str, Json | None]]:
    """Position and CloudEvent of each block that has a position."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in block.split("\n") if line[:1] not in ("", ":")
        )
        if "id" in fields:
            found.append((fields["id"], json.loads(fields["data"]) if "data" in fields else None))
    return found


async def read(
    house: "House", who: str = "member", last: str = "", **params: str
) -> list[tuple[str, Json | None]]:
    answer = await house.client(who).get(
        "/v1/events",
        params={"follow": "false", **params},
        headers={"Last-Event-ID": last} if last else {},
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/event-stream"
    return parse(answer.text)


async def pay(house: "House", key: str) -> Json:
    body = {"debtor": "alice", "creditor": "bob", "amount": 5, "currency": "EUR"}
    headers = {"Idempotency-Key": key, "Prefer": "wait=10"}
    return (await house.client().post("/v1/payments", json=body, headers=headers)).json()  # type: ignore[no-any-return]  # JSON


async def test_all_events_in_order_and_resumed_anywhere(house: "House") -> None:
    await house.open("alice", "bob")
    made = [await pay(house, str(n)) for n in range(3)]
    told = await read(house)
    events = [event for _, event in told if event]
    types = [e["type"] for e in events]
    assert types[:2] == ["com.headrace.account.opened", "com.headrace.account.opened"]
    for payment in made:
        mine = [e for e in events if e["subject"] == payment["id"]]
        assert mine[0]["data"]["debtor"] == "alice"
        assert mine[-1]["data"]["status"] == "settled"
        assert mine[0]["tenant"] == "acme"
    for cut, (position, _) in enumerate(told):
        rest = await read(house, last=position)
        assert [e["id"] for _, e in rest if e] == [e["id"] for _, e in told[cut + 1 :] if e]
        assert await read(house, after=position) == rest


async def test_types_and_tenants(house: "House") -> None:
    await house.open("alice", "bob")
    await pay(house, "k")
    deposits = await read(house, types="account.deposited")
    assert [e["type"] for _, e in deposits if e] == ["com.headrace.account.deposited"] * 2
    assert [e for _, e in await read(house, "stranger") if e] == []
    everything = await read(house, "operator")
    assert [e for _, e in everything if e] == [e for _, e in await read(house) if e]


@pytest.mark.parametrize(
    ("params", "header", "field"),
    [
        ({"types": "payment.exploded"}, "", "types"),
        ({}, "x", "Last-Event-ID"),
        ({}, "0:1187,1:940", "Last-Event-ID"),
        ({"after": "x"}, "", "after"),
        ({"follow": "perhaps"}, "", "follow"),
        ({"colour": "red"}, "", "colour"),
    ],
)
async def test_what_is_asked_wrongly(house: "House", params: Json, header: str, field: str) -> None:
    headers = {"Last-Event-ID": header} if header else {}
    refused = await house.client().get("/v1/events", params=params, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_field")
    assert refused.json()["errors"][0]["field"] == field


@asynccontextmanager
async def following(house: "House") -> AsyncIterator["asyncio.Queue[Any]"]:
    """What a gateway sends to a client that follows, until the client hangs up."""
    sent: asyncio.Queue[Any] = asyncio.Queue()
    hung_up = asyncio.Event()

    async def receive() -> Any:
        await hung_up.wait()
        return {"type": "http.disconnect"}

    token = house.tokens["member"]
    scope = {
        "type": "http", "method": "GET", "path": "/v1/events", "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }  # fmt: skip
    serving = asyncio.create_task(house.gateway(scope, receive, sent.put))
    yield sent
    hung_up.set()
    await asyncio.wait_for(serving, 60)


async def next_event(sent: "asyncio.Queue[Any]") -> Json:
    async with asyncio.timeout(60):
        while True:
            message = await sent.get()
            for _, event in parse(message.get("body", b"").decode()):
                if event:
                    return event


async def test_following_sees_what_happens_next_and_ends_with_the_client(house: "House") -> None:
    await house.open("alice")
    platform = house.gateway._services
    assert platform is not None
    async with following(house) as sent:
        start = await sent.get()
        assert (start["type"], start["status"]) == ("http.response.start", 200)
        assert (await next_event(sent))["type"] == "com.headrace.account.opened"
        assert (await next_event(sent))["type"] == "com.headrace.account.deposited"
        await house.open("bob")
        assert (await next_event(sent))["subject"] == "bob"
        assert platform.admission.streams.taken == 1
    assert platform.admission.streams.taken == 0


async def test_streams_are_bounded_and_given_back(settings: "Settings") -> None:
    async with running(settings.replace(gateway_streams_max=1)) as house:
        platform = house.gateway._services
        assert platform is not None
        async with following(house) as sent:
            await sent.get()
            refused = await house.client().get("/v1/events")
            assert (refused.status_code, refused.json()["code"]) == (429, "overloaded")
        assert (await house.client().head("/v1/events")).status_code == 200
        assert await read(house)
        assert platform.admission.streams.taken == 0


async def test_a_long_stream_lets_others_have_their_turn(house: "House") -> None:
    names = [f"account-{n}" for n in range(500)]
    await house.open(*names)
    async with following(house) as sent:
        await next_event(sent)
    pieces = [m for m in (sent.get_nowait() for _ in range(sent.qsize())) if m.get("body")]
    assert len(pieces) < 500
