"""The watch tells from answers when every actor is back, and how long one was silent."""

import asyncio
import time

import pytest

from headrace.loadtests.chaos.watch import Watch


class Answering:
    """A client whose platform answers while `up` is set."""

    def __init__(self) -> None:
        self.up = asyncio.Event()
        self.up.set()
        self.asked_at = 0.0

    async def probe(self, debtor: str) -> None:
        while True:
            self.asked_at = time.monotonic()
            if self.up.is_set():
                return
            await asyncio.sleep(0.01)


async def test_the_slowest_actor_counts() -> None:
    clients = [Answering(), Answering()]
    watch = Watch(clients, ["ann", "ben"])  # type: ignore[arg-type]  # what it asks of clients
    stop = asyncio.Event()
    running = asyncio.create_task(watch.run(stop))
    await watch.answered_since(time.monotonic())
    clients[1].up.clear()
    moment = time.monotonic()
    asyncio.get_running_loop().call_later(0.5, clients[1].up.set)
    assert 490 <= await watch.answered_since(moment) < 2_000
    assert 490 <= watch.silence_ms(moment) < 2_000
    stop.set()
    await asyncio.wait_for(running, 60)


async def test_who_never_answers_is_waited_for_no_longer_than_stated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("headrace.loadtests.chaos.watch.TIMEOUT_S", 0.05)
    watch = Watch([Answering()], ["ann"])  # type: ignore[list-item]  # what it asks of clients
    with pytest.raises(TimeoutError):
        await watch.answered_since(time.monotonic())
