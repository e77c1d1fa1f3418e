"""What a consumer of events hears, over streams that break."""

import asyncio
import json
from collections.abc import Callable

import httpx

from headrace.loadtests.chaos.listener import Listener


def told(seq: int, type: str = "payment.settled") -> str:
    event = {"id": f"e{seq}", "type": f"com.headrace.{type}", "subject": f"p{seq}", "time": "t"}
    return f"id: 0:{seq}\ndata: {json.dumps(event)}\n\n"


def listener(answer: Callable[[httpx.Request], httpx.Response]) -> Listener:
    transport = httpx.MockTransport(answer)
    return Listener(httpx.AsyncClient(transport=transport, base_url="http://platform"))


async def test_it_goes_on_after_the_last_event_that_was_whole() -> None:
    positions: list[str] = []
    rest = iter(
        ["retry: 1000\n\n" + told(1) + told(2)[:-1], told(2) + told(4) + ": so far\nid: 0:5\n\n"]
    )

    def answer(asked: httpx.Request) -> httpx.Response:
        positions.append(asked.url.params.get("after", ""))
        return httpx.Response(200, text=next(rest, told(6)))

    heard = listener(answer)
    for _ in range(3):
        events = await heard.all()
    assert positions == ["", "0:1", "0:5"]
    assert [event.payment for event in events] == ["p1", "p2", "p4", "p6"]


async def test_only_payments_count_and_each_once() -> None:
    heard = listener(lambda _: httpx.Response(200, text=told(1, "account.opened") + told(2) * 2))
    assert await heard.all() == [("p2", "t")]


async def test_it_follows_through_refusals_and_breaks_until_it_is_stopped() -> None:
    stop, asked = asyncio.Event(), 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        if asked == 1:
            return httpx.Response(503, text='{"code":"unavailable"}')
        if asked == 2:
            raise httpx.ReadError("cut")
        stop.set()
        return httpx.Response(200, text=told(1))

    await asyncio.wait_for(listener(answer).run(stop), 5)
    assert asked >= 3
