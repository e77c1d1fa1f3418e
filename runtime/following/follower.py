"""One follower at work: claims its partitions, takes page after page, moves on with the effect."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from random import random
from typing import ClassVar
from uuid import uuid4

import asyncpg
import structlog

from headrace.runtime.database.connect import Connection, connect
from headrace.runtime.following import follow
from headrace.runtime.following.follow import Overtaken, Page, Position
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.metrics.followers import FOLLOWER
from headrace.runtime.settings.followers import FollowerSettings
from headrace.runtime.settings.ledger import LedgerSettings

log = structlog.get_logger("headrace.follower")

NAME_MAX = 32
"""Characters of a follower's name: PostgreSQL cuts the name of a connection, by which a holder is
known to live, at 63."""

Ends = Callable[[Connection], Awaitable[Mapping[int, int]]]
"""Each partition's newest sequence."""


class Effect:
    """What is done about pages. Whatever it raises, the page comes again, with what has been
    committed since."""

    kinds: ClassVar[Collection[RecordKind] | None] = None
    """Records of which kinds it gets; None: all."""

    async def call(self, page: Page) -> None:
        """Asks others, before the move: after a failure, or beside a successor, it is done again,
        so it must be harmless twice."""

    async def write(self, connection: Connection, page: Page) -> None:
        """Writes to the ledger's database, within the move: once for each record."""


class Follower:
    """Never ends by itself. For one event loop; claims all partitions, and while another holder has
    them stands by."""

    def __init__(
        self, name: str, effect: Effect, ends: Ends, partitions: Sequence[int],
        settings: FollowerSettings, ledger: LedgerSettings,
    ) -> None:  # fmt: skip
        """Raises ValueError for a name that is too long."""
        if not 0 < len(name) <= NAME_MAX:
            raise ValueError(f"follower {name!r}: a name has 1 to {NAME_MAX} characters")
        self.name = name
        self.holder = f"{name}/{uuid4().hex[:12]}"
        self._effect = effect
        self._ends = ends
        self._partitions = partitions
        self._settings = settings
        self._ledger = ledger
        self._first = True
        self._pause_s = settings.follower_pause_s
        self._counts = FOLLOWER.counters()
        self._behind = 0
        self._following = False

    def stats(self) -> dict[str, int]:
        """Figures of runtime/metrics/followers.py."""
        return {**self._counts, "behind": self._behind, "following": int(self._following)}

    async def run(self) -> None:
        """Follows until cancelled."""
        while True:
            try:
                await self._follow()
            except Overtaken as error:
                self._counts["overtaken"] += 1
                self._pause_s = self._settings.follower_pause_max_s
                log.warning("overtaken", follower=self.name, partitions=error.args[1])
            except Exception as error:  # whatever it was, the page comes again
                self._counts["failures"] += 1
                log.warning("not_followed", follower=self.name, error=repr(error), exc_info=True)
            self._following = False
            await asyncio.sleep(self._pause_s * (0.5 + random()))
            self._pause_s = min(self._pause_s * 2, self._settings.follower_pause_max_s)

    async def _follow(self) -> None:
        connection = await connect(
            self._ledger, follow.application_name(self.holder),
            transaction_timeout_s=self._ledger.transaction_timeout_s, keep_alive=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._settings.follower_turn_timeout_s):
                positions = await follow.claim(
                    connection, self.name, self._partitions, self.holder, first=self._first
                )
            self._first, self._following = False, True
            while True:
                if not await self._turn(connection, positions):
                    await asyncio.sleep(self._settings.follower_poll_s)
                self._pause_s = self._settings.follower_pause_s
        finally:
            connection.terminate()

    async def _turn(self, connection: asyncpg.Connection, positions: dict[int, Position]) -> bool:
        """A page of each partition that has more; whether one had."""
        async with asyncio.timeout(self._settings.follower_turn_timeout_s):
            ends = await self._ends(connection)
        found = [p for p in positions.values() if ends.get(p.partition, 0) > p.sequence]
        for position in found:
            end = ends[position.partition]
            async with asyncio.timeout(self._settings.follower_turn_timeout_s):
                through = await self._page(connection, position, end)
            positions[position.partition] = position._replace(sequence=through)
        self._behind = sum(
            max(0, ends.get(p.partition, 0) - p.sequence) for p in positions.values()
        )
        return bool(found)

    async def _page(self, connection: asyncpg.Connection, position: Position, end: int) -> int:
        page = await follow.page(
            connection, position.partition, position.sequence, self._settings.follower_page_max,
            through=end, kinds=self._effect.kinds,
        )  # fmt: skip
        await self._effect.call(page)
        async with follow.moving(connection, self.name, [(position, page.through)]):
            await self._effect.write(connection, page)
        self._counts["records"] += len(page.records)
        self._counts["pages"] += 1
        return page.through
