"""What an actor's partitions call for by themselves, looked for every second."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from headrace.actors.intake import Intake
from headrace.actors.leg_sender import LegSender
from headrace.actors.writer import Writer
from headrace.runtime.clock import now_us
from headrace.runtime.database.connect import Database
from headrace.runtime.ledger import load, parked_legs
from headrace.runtime.payments.command import Act, Command, PaymentAction
from headrace.runtime.payments.open_leg import LegId, OpenLeg

log = structlog.get_logger("headrace.partition")


class Source(Protocol):
    """A reason why something is due."""

    async def due(self, db: Database, partitions: Sequence[int], now: int) -> Sequence[Command]:
        """Commands that are due at `now` (microseconds); they are decided in turn, like everything
        else, before this is asked again. Raises what asyncpg raises."""


class ExpiringHolds:
    """Holds and reviews whose time is over."""

    def __init__(self, at_once_max: int) -> None:
        self._at_once_max = at_once_max

    async def due(self, db: Database, partitions: Sequence[int], now: int) -> Sequence[Command]:
        """Their expiries, the oldest first."""
        payments = await load.due_holds(db, partitions, now, self._at_once_max)
        return [Act(0, payment, PaymentAction.EXPIRE) for payment in payments]


class ParkedLegs:
    """Legs that are not sent: written down once, and sent again when somebody released them."""

    def __init__(self, legs: LegSender) -> None:
        self._legs = legs
        self._unwritten: dict[LegId, tuple[OpenLeg, int, str]] = {}

    def park(self, leg: OpenLeg, failures: int, error: str) -> None:
        """A leg that can't be carried out, for the ledger to keep."""
        self._unwritten[leg.partition, leg.seq] = (leg, failures, error)

    async def found(self, db: Database, partitions: Sequence[int]) -> set[LegId]:
        """What the ledger keeps, for memory that is made anew."""
        self._unwritten = {}
        return await parked_legs.parked(db, partitions)

    async def due(self, db: Database, partitions: Sequence[int], now: int) -> Sequence[Command]:
        """Nothing to decide."""
        legs = self._legs
        if not legs.parked:
            return []
        for leg_id, (leg, failures, error) in list(self._unwritten.items()):
            await parked_legs.park(db, leg, failures, error)
            del self._unwritten[leg_id]
        known = [leg_id for leg_id in legs.parked if leg_id not in self._unwritten]
        still = await parked_legs.parked(db, partitions)
        legs.release([p for p in known if p in legs.parked and p not in still])
        return []


class Due:
    """Looks at its sources while the actor takes payments."""

    def __init__(
        self, sources: Sequence[Source], writer: Writer, intake: Intake, timeout_s: float,
        look_s: float,
    ) -> None:  # fmt: skip
        """Every `look_s`, for at most `timeout_s`."""
        self._sources = sources
        self._writer = writer
        self._intake = intake
        self._timeout_s = timeout_s
        self._look_s = look_s

    async def keep_looking(self, ready: Callable[[], bool]) -> None:
        """For ever, while the actor is ready."""
        while True:
            await asyncio.sleep(self._look_s)
            if not ready():
                continue
            try:
                async with asyncio.timeout(self._timeout_s):
                    await self.look()
            except Exception as error:  # looked at again in a moment
                log.warning("not_looked", actor=self._writer.holder, error=repr(error))

    async def look(self) -> None:
        """Once: what is due is decided on return."""
        for source in self._sources:
            clock = await self._writer.clock()
            if commands := await source.due(clock, self._writer.partitions, now_us()):
                await self._intake.put(commands)
