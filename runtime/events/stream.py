"""Events in order: each partition's as they were committed, from a position on.

A client that comes back with the last position it saw gets every event after it. It may see some
twice: their ids tell.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping

from headrace.runtime.events import position as positions
from headrace.runtime.events.checkpoints import BEGINNING, Checkpoints
from headrace.runtime.events.position import InvalidPosition, OtherHistory, mark
from headrace.runtime.events.stretch import Sequences
from headrace.runtime.events.telling import Start, Telling, Told
from headrace.runtime.ledger.read import Reader
from headrace.runtime.settings.events import EventSettings


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
        self._settings = settings
        self._ends = Ends(reader, settings.events_poll_s)
        self._checkpoints = Checkpoints(reader.pool, settings)

    async def start(self, position: str, tenant: int | None) -> Start:
        """Where a stream of a tenant's (None: of all) goes on; from the first record without a
        position. Raises InvalidPosition, OtherHistory, Expired."""
        ends = await self._reader.ends()
        at: Sequences = dict.fromkeys(sorted(ends), 0)
        if not position:
            return Start(tenant, position, BEGINNING, at)
        number, refs = positions.decode(self._reader.tokens, tenant, position)
        checkpoint = await self._checkpoints.found(number)
        stretch = checkpoint.stretch
        if any(end > ends.get(p, 0) for p, end in stretch.end.items()):
            raise OtherHistory(position)
        told = {ref.partition: ref.seq for ref in refs}
        times = await self._reader.times_of(told)
        if any(p.partition not in times or mark(times[p.partition]) != p.mark for p in refs):
            raise OtherHistory(position)
        if len(refs) == 1:
            ((partition, seq),) = told.items()
            page = stretch.page_of(partition, seq)
            if page is not None:
                last = times[partition], partition, seq
                return Start(tenant, position, checkpoint, {**at, **page}, last)
        if any(seq <= stretch.end.get(p, 0) for p, seq in told.items()):
            raise InvalidPosition(position)
        return Start(tenant, position, checkpoint, {**at, **stretch.end, **told}, None, refs)

    async def follow(
        self, start: Start, types: Collection[str] | None = None
    ) -> AsyncIterator[Told]:
        """Events of some types (without their prefix), without end.

        At most `events_page_max` are read ahead of whoever takes them. Raises what the ledger's
        connection raises.
        """
        telling = self._telling(start, types)
        async for told in telling.rest():
            yield told
        while True:
            try:
                async with asyncio.timeout(self._settings.events_heartbeat_s):
                    ends = await self._ends.beyond(telling.at)
            except TimeoutError:
                yield await telling.so_far()
                continue
            async for told in telling.up_to(ends):
                yield told

    async def until_now(
        self, start: Start, types: Collection[str] | None = None
    ) -> AsyncIterator[Told]:
        """The same up to what is committed when it is called; the last one told has no event."""
        telling = self._telling(start, types)
        ends = await self._reader.ends()
        async for told in telling.rest():
            yield told
        async for told in telling.up_to(ends):
            yield told
        yield await telling.so_far()

    def _telling(self, start: Start, types: Collection[str] | None) -> Telling:
        return Telling(self._reader, self._checkpoints, self._settings, start, types)
