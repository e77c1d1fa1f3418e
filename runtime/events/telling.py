"""One stream at work: it tells stretch after stretch, page by page, and notes where it stands."""

import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import NamedTuple

from headrace.runtime.events import position
from headrace.runtime.events.checkpoints import Checkpoint, Checkpoints
from headrace.runtime.events.event import Event, event_of
from headrace.runtime.events.position import REFS_MAX, RecordRef, mark
from headrace.runtime.events.stretch import Sequences, Stretch
from headrace.runtime.journal.record import Record
from headrace.runtime.ledger.read import Reader
from headrace.runtime.settings.events import EventSettings


class Told(NamedTuple):
    """An event, or None to say that there was none for a while; `position` is where to go on."""

    position: str
    event: Event | None


Order = tuple[int, int, int]
"""Of records within a page: time, partition, sequence."""


class Start(NamedTuple):
    """Where a stream goes on."""

    tenant: int | None
    """None: of all."""
    position: str
    """As the client has it."""
    checkpoint: Checkpoint
    at: Sequences
    told: Order | None = None
    """Of the next page, the last that was told already."""
    beyond: Sequence[RecordRef] = ()
    """What was told last of partitions beyond the checkpoint's stretch."""


def _order(record: Record) -> Order:
    return record.at, record.partition, record.seq


class Telling:
    """`at` is where it stands: between pages, of which it has told all."""

    def __init__(
        self, reader: Reader, checkpoints: Checkpoints, settings: EventSettings, start: Start,
        types: Collection[str] | None, *, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._reader = reader
        self._checkpoints = checkpoints
        self._settings = settings
        self._monotonic = monotonic
        self._types = types
        self._tenant = start.tenant
        self._position = start.position
        self._checkpoint = start.checkpoint
        self._told = start.told
        self.at = dict(start.at)
        self._first = True
        self._noted = True
        self._beyond = {ref.partition: ref for ref in start.beyond}
        self._due_at = monotonic() + settings.events_checkpoint_s

    async def rest(self) -> AsyncIterator[Told]:
        """What was left of the stretch in which the stream is resumed."""
        if self._told is not None:
            async for told in self._tell(self._checkpoint.stretch):
                yield told

    async def up_to(self, ends: Sequences) -> AsyncIterator[Told]:
        """All from here to there."""
        moved = {p: end for p, end in ends.items() if end > self.at.get(p, 0)}
        if not moved:
            return
        stretch = Stretch(dict(self.at), moved, self._settings.events_page_max)
        self._noted = False
        if self._first or self._is_due():
            await self._note(stretch)
        self._first = False
        async for told in self._tell(stretch):
            yield told

    async def so_far(self) -> Told:
        """The position after all that was told or left out."""
        old = self._checkpoints.is_old(self._checkpoint)
        if self._is_due() and (old or not self._at_end()):
            await self._note(Stretch(dict(self.at), {}, 1))
        if self._at_end():
            self._position = self._after(())
        return Told(self._position, None)

    def _at_end(self) -> bool:
        return self.at == self._checkpoint.stretch.end

    def _is_due(self) -> bool:
        return self._monotonic() >= self._due_at

    async def _note(self, stretch: Stretch) -> None:
        noted = await self._checkpoints.of(stretch)
        if noted is not None:
            self._checkpoint, self._noted, self._beyond = noted, True, {}
        self._due_at = self._monotonic() + self._settings.events_checkpoint_s

    async def _tell(self, stretch: Stretch) -> AsyncIterator[Told]:
        begun = False
        while page := stretch.page_from(self.at):
            if begun and self._is_due():
                stretch = stretch._replace(after=dict(self.at))
                await self._note(stretch)
            begun = True
            for record, event in await self._events(page):
                ref = RecordRef(record.partition, record.seq, mark(record.at))
                self._position = self._after(self._refs(ref))
                yield Told(self._position, event)
            self.at.update(page)

    async def _events(self, page: Sequences) -> list[tuple[Record, Event]]:
        """Of the tenant and the types, in the order of their times."""
        records = await self._reader.events(self.at, page, self._tenant, self._types)
        records.sort(key=_order)
        if self._told is not None:
            last, self._told = self._told, None
            records = [r for r in records if _order(r) > last]
        origins = await self._reader.origins(records)
        accounts = await self._reader.names.in_records([*records, *origins.records])
        tenants = await self._reader.tenant_names({r.tenant for r in records})
        tokens = self._reader.tokens
        return [(r, event_of(r, origins, accounts, tenants, tokens)) for r in records]

    def _refs(self, last: RecordRef) -> Sequence[RecordRef]:
        """What a position names after a record that is told now."""
        if self._noted:
            return (last,)
        self._beyond.pop(last.partition, None)
        others = self._beyond.values() if len(self._beyond) < REFS_MAX else ()
        named = (last, *others)
        self._beyond[last.partition] = last
        return named

    def _after(self, refs: Sequence[RecordRef]) -> str:
        return position.encode(self._reader.tokens, self._tenant, self._checkpoint.id, refs)
