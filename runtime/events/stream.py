"""Events in order: each partition's as they were committed, from a position on.

A client that comes back with the last position it saw gets every event after it. It may see some
twice: their ids tell.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from typing import NamedTuple

from headrace.runtime.events import position as positions
from headrace.runtime.events.event import Event, event_of
from headrace.runtime.journal.record import Record
from headrace.runtime.ledger.read import Reader
from headrace.runtime.settings.events import EventSettings


class Told(NamedTuple):
    """An event, or None to say that there was none for a while; `position` is where to go on."""

    position: str
    event: Event | None


class Ends:
    """How far each partition goes: asked of the ledger once for all streams that wait."""

    def __init__(self, reader: Reader, poll_s: float) -> None:
        self._reader = reader
        self._poll_s = poll_s
        self._ends: dict[int, int] = {}
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def beyond(self, position: Mapping[int, int]) -> dict[int, int]:
        """Waits until a partition goes beyond the position; all that do, with their ends."""
        while True:
            moved = {p: end for p, end in self._ends.items() if end > position.get(p, 0)}
            if moved:
                return moved
            await self._next()

    async def _next(self) -> None:
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._asking)

    async def _ask(self) -> None:
        clock = asyncio.get_running_loop().time
        try:
            await asyncio.sleep(max(0.0, self._asked_at + self._poll_s - clock()))
            self._asked_at = clock()
            self._ends = await self._reader.ends()
        finally:
            self._asking = None


class EventStream:
    """The events of a ledger, for any number of readers at once."""

    def __init__(self, reader: Reader, settings: EventSettings) -> None:
        self._reader = reader
        self._heartbeat_s = settings.events_heartbeat_s
        self._page_max = settings.events_page_max
        self._ends = Ends(reader, settings.events_poll_s)
        self._tenants: dict[int, str] = {}

    async def follow(
        self,
        position: Mapping[int, int],
        tenant: int | None,
        types: Collection[str] | None = None,
    ) -> AsyncIterator[Told]:
        """Events of a tenant (None: of all) and of some types (without prefix) after a position,
        without end.

        At most `events_page_max` are read ahead of whoever takes them. Raises what the ledger's
        connection raises.
        """
        at = dict(position)
        while True:
            try:
                async with asyncio.timeout(self._heartbeat_s):
                    ends = await self._ends.beyond(at)
            except TimeoutError:
                yield Told(positions.encode(at), None)
                continue
            async for told in self._page(at, ends, tenant, types):
                yield told

    async def until_now(
        self,
        position: Mapping[int, int],
        tenant: int | None,
        types: Collection[str] | None = None,
    ) -> AsyncIterator[Told]:
        """The same up to what is committed when it is called; the last one told has no event."""
        at = dict(position)
        ends = await self._reader.ends()
        while moved := {p: end for p, end in ends.items() if end > at.get(p, 0)}:
            async for told in self._page(at, moved, tenant, types):
                yield told
        yield Told(positions.encode(at), None)

    async def _page(
        self,
        at: dict[int, int],
        ends: Mapping[int, int],
        tenant: int | None,
        types: Collection[str] | None,
    ) -> AsyncIterator[Told]:
        """Some events of each partition that has more, in the order of their times; moves `at`."""
        each = max(1, self._page_max // len(ends))
        records: list[Record] = []
        through: dict[int, int] = {}
        for partition, end in ends.items():
            found, through[partition] = await self._reader.events(
                partition, at.get(partition, 0), tenant, each, through=end, types=types
            )
            records += found
        records.sort(key=lambda r: (r.at, r.partition, r.seq))
        origins = await self._reader.origins(records)
        accounts = await self._reader.names.in_records([*records, *origins.records])
        tenants = await self._tenant_names(records)
        for record in records:
            at[record.partition] = record.seq
            yield Told(positions.encode(at), event_of(record, origins, accounts, tenants))
        at.update(through)

    async def _tenant_names(self, records: list[Record]) -> dict[int, str]:
        unknown = {r.tenant for r in records} - self._tenants.keys()
        if unknown:
            self._tenants |= await self._reader.tenant_names(unknown)
        return self._tenants
