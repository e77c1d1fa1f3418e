"""Asks every actor all the time, one small payment after another, and notes when it answers."""

import asyncio
import time
from collections.abc import Sequence

from headrace.loadtests.chaos.clients import Client

EVERY_S = 0.1
TIMEOUT_S = 150.0


class Watch:
    """One client for each actor, which pays from an account of that actor."""

    def __init__(self, clients: Sequence[Client], debtors: Sequence[str]) -> None:
        self._clients, self._debtors = clients, debtors
        self._answered: list[list[tuple[float, float]]] = [[] for _ in clients]
        self._news = asyncio.Condition()

    async def run(self, stop: asyncio.Event) -> None:
        """Raises GaveUp."""
        async with asyncio.TaskGroup() as group:
            for number in range(len(self._clients)):
                group.create_task(self._ask(number, stop))

    async def _ask(self, number: int, stop: asyncio.Event) -> None:
        client = self._clients[number]
        while not stop.is_set():
            await client.probe(self._debtors[number])
            async with self._news:
                self._answered[number].append((client.asked_at, time.monotonic()))
                self._news.notify_all()
            await asyncio.sleep(EVERY_S)

    async def answered_since(self, moment: float) -> float:
        """Waits until every actor has answered what it was asked after a moment of the monotonic
        clock; milliseconds from then to the last one's answer. Raises TimeoutError."""
        async with asyncio.timeout(TIMEOUT_S), self._news:
            await self._news.wait_for(lambda: all(self._since(moment)))
        return max((found or 0) - moment for found in self._since(moment)) * 1000

    def _since(self, moment: float) -> list[float | None]:
        """Each actor's first such answer."""
        found: list[float | None] = []
        for answers in self._answered:
            first = None
            for asked, answered in reversed(answers):
                if asked < moment:
                    break
                first = answered
            found.append(first)
        return found

    def silence_ms(self, begun: float) -> float:
        """The longest time since then, or over that moment, without an answer from some actor."""
        longest = 0.0
        for answers in self._answered:
            later: float | None = None
            for _, answered in reversed(answers):
                if later is not None:
                    longest = max(longest, later - answered)
                if answered < begun:
                    break
                later = answered
        return longest * 1000
