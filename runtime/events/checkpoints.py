"""Where streams stood, in the database: what a position of a few bytes refers to.

A checkpoint is a stretch that a stream goes on to tell. Positions after its records can be found
again exactly; those that come later, before the stream's next checkpoint, up to what was told in
between. So none is ever needed: what can't be written now is left out, and costs repeats alone.
"""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import asyncpg
import structlog

from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.events.position import Expired, OtherHistory
from headrace.runtime.events.stretch import Stretch
from headrace.runtime.settings.events import EventSettings

SQL = load("headrace.runtime.events", "checkpoints")
log = structlog.get_logger("headrace.events")

KEPT_S = 30 * 24 * 3600
RENEWED_S = 24 * 3600
"""One that is older is not relied on any more by a stream that goes on."""
EXPIRED_MAX = 10
"""Deleted with each that is written."""
KNOWN_MAX = 8
"""Written last, which streams that stand at the same place share."""
_RANDOM_BITS = 31


class Checkpoint(NamedTuple):
    """The stretch that a stream told from then on."""

    id: int
    stretch: Stretch

    @property
    def made_at_s(self) -> int:
        """Since 1970."""
        return self.id >> _RANDOM_BITS


BEGINNING = Checkpoint(0, Stretch({}, {}, 1))
"""Of a stream that has told nothing; it stands nowhere."""


class Checkpoints:
    """Of one gateway, for one event loop."""

    def __init__(
        self, db: Database, settings: EventSettings, *, now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._db = db
        self._timeout_s = settings.events_checkpoint_timeout_s
        self._each_second = settings.events_checkpoints_each_second_max
        self._now = now
        self._monotonic = monotonic
        self._writing = asyncio.Lock()
        self._known: OrderedDict[tuple[object, ...], int] = OrderedDict()
        self._second, self._written = 0, 0

    def is_old(self, checkpoint: Checkpoint) -> bool:
        """Whether a stream that goes on needs another, so that its positions don't expire."""
        return self._now() - checkpoint.made_at_s > RENEWED_S

    async def of(self, stretch: Stretch) -> Checkpoint | None:
        """One that is written, or was before; None: not now. `stretch.after` is of all partitions,
        in their order."""
        try:
            async with asyncio.timeout(self._timeout_s), self._writing:
                return await self._of(stretch)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("no_checkpoint", error=repr(error))
            return None

    async def _of(self, stretch: Stretch) -> Checkpoint | None:
        key = (stretch.page_max, tuple(stretch.after.values()), tuple(stretch.ends.items()))
        known = self._known.get(key)
        if known is not None and not self.is_old(found := Checkpoint(known, stretch)):
            return found
        if not self._may_write():
            return None
        now_s = int(self._now())
        id = now_s << _RANDOM_BITS | random.getrandbits(_RANDOM_BITS)
        await self._db.execute(
            SQL["put"], id, stretch.page_max, list(stretch.after.values()),
            list(stretch.end.values()), now_s - KEPT_S << _RANDOM_BITS, EXPIRED_MAX,
        )  # fmt: skip
        self._known[key] = id
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        return Checkpoint(id, stretch)

    def _may_write(self) -> bool:
        second = int(self._monotonic())
        if second != self._second:
            self._second, self._written = second, 0
        self._written += 1
        return self._written <= self._each_second

    async def found(self, id: int) -> Checkpoint:
        """Raises Expired, and OtherHistory where there never was one in this history."""
        if id == BEGINNING.id:
            return BEGINNING
        if self._now() - (id >> _RANDOM_BITS) > KEPT_S:
            raise Expired(id)
        row = await self._db.fetchrow(SQL["found"], id)
        if row is None:
            raise OtherHistory(id)
        after, ends = (dict(enumerate(row[name])) for name in ("after", "ends"))
        return Checkpoint(id, Stretch(after, ends, row["page_max"]))
