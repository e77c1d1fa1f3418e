"""Hears the events as a consumer does: as they come, and after a break from where it was."""

import asyncio
from contextlib import suppress

import httpx
import msgspec
from msgspec import Struct

from headrace.cluster.cli.event_stream import parse
from headrace.loadtests.chaos.verdict import Heard

PAUSE_S = 0.2
"""Between two streams."""
PAYMENTS = "com.headrace.payment."


class _Event(Struct):
    id: str
    type: str
    subject: str
    time: str


_event = msgspec.json.Decoder(_Event)


class Listener:
    """From the ledger's first record on."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._position = ""
        self._heard: dict[str, Heard] = {}
        """By their ids, in order; an event may be told again."""

    async def run(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._follow())
            await stop.wait()
            following.cancel()

    async def all(self) -> list[Heard]:
        """Payments' events, heard so far or up to now."""
        with suppress(httpx.HTTPError):
            await self._read(follow=False)
        return list(self._heard.values())

    async def _follow(self) -> None:
        while True:
            with suppress(httpx.HTTPError):
                await self._read(follow=True)
            await asyncio.sleep(PAUSE_S)

    async def _read(self, follow: bool) -> None:
        """Until the stream ends. Raises httpx.HTTPError when it breaks."""
        asked = {"follow": str(follow).lower()}
        if self._position:
            asked["after"] = self._position
        async with self._http.stream("GET", "/v1/events", params=asked) as stream:
            async for event in parse(stream.aiter_bytes()):  # only now it is whole
                self._take(event.id, event.data)

    def _take(self, position: str, data: str) -> None:
        self._position = position
        if data and (event := _event.decode(data)).type.startswith(PAYMENTS):
            self._heard.setdefault(event.id, Heard(event.subject, event.time))
