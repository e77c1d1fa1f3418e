"""The actor's connections to the ledger: one writes and is fenced, two read beside it."""

import asyncio
from enum import Enum, auto
from random import random
from uuid import uuid4

import asyncpg
import structlog

from headrace.runtime.database.connect import connect
from headrace.runtime.ledger import commit, fencing
from headrace.runtime.payments.book import Partition
from headrace.runtime.settings.ledger import LedgerSettings

log = structlog.get_logger("headrace.writer")


class Outcome(Enum):
    """What became of a batch."""

    COMMITTED = auto()
    ALREADY_THERE = auto()
    """Rolled back for certain: a key or leg of it is in the ledger already."""
    IN_DOUBT = auto()
    DEPOSED = auto()
    DECIDE_AGAIN = auto()
    """Rolled back for certain, so that others could go on."""
    UNWRITABLE = auto()
    """Rolled back for certain: the ledger can't take a value of it."""


class Deposed(Exception):
    """Another has taken the partitions over: this writer may never write again."""


class Writer:
    """Commits batches one after another, and takes the partitions over when it is in doubt."""

    def __init__(
        self, settings: LedgerSettings, name: str, partitions: list[int], cluster: str = ""
    ) -> None:
        """`cluster`: of the actor with this name (actors/cluster_name.py)."""
        self.holder = f"{name}/{uuid4().hex[:12]}"
        self.cluster = cluster
        self.partitions = partitions
        self._settings = settings
        self._name = name
        self._writing: asyncpg.Connection | None = None
        self._reading: asyncpg.Connection | None = None
        self._clock: asyncpg.Connection | None = None
        self._pause_s = self._settings.takeover_pause_s
        self._stand: list[Partition] = []
        """Our partitions, with the epochs that we took them over under."""

    @property
    def reader(self) -> asyncpg.Connection:
        """For reading what is committed; InterfaceError when there is no connection."""
        if self._reading is None:
            raise asyncpg.InterfaceError("not connected")
        return self._reading

    async def take_over(self, *, first: bool) -> dict[int, tuple[Partition, int]]:
        """Connects, and commits raised epochs before anything is read. Returns where each partition
        stands, and the sequence since which legs may be open.

        At its first start it takes over from whom `fencing.take_over` lets it; later only from
        itself. Deposed if the ledger names another holder. Raises what the database and the network
        raise.
        """
        await self.close()
        async with asyncio.timeout(self._settings.commit_timeout_s):
            self._writing = await self._connect("writer", self._settings.transaction_timeout_s)
            self._reading = await self._connect("loader")
            try:
                stands = await fencing.take_over(
                    self._writing,
                    self.partitions,
                    self.holder,
                    self.cluster,
                    first=first,
                    lock_timeout_s=self._settings.lease_lock_timeout_s,
                )
            except fencing.Fenced as error:
                raise Deposed(*error.args) from error
            self._clock = await self._connect("clock")
        self._pause_s = self._settings.takeover_pause_s
        self._stand = [partition for partition, _ in stands.values()]
        return stands

    async def _connect(self, use: str, transaction_timeout_s: float = 0) -> asyncpg.Connection:
        """By its name others see that the holder lives (fencing.sql), and by its keep-alive the
        database sees that it doesn't."""
        return await connect(
            self._settings,
            f"headrace {use} {self.holder}",
            transaction_timeout_s=transaction_timeout_s,
            keep_alive=True,
        )

    async def commit(self, ready: commit.Commit, refuses: bool) -> Outcome:
        """Never raises but for cancellation: whatever went wrong is an outcome.

        `refuses`: somebody is to be refused from memory, which writes nothing: then the ledger is
        asked whether memory is still the partitions' writer's.
        """
        if not ready.records and not refuses:
            return Outcome.COMMITTED
        if self._writing is None:
            return Outcome.IN_DOUBT
        try:
            async with asyncio.timeout(self._settings.commit_timeout_s):
                if refuses and len(ready.moved) < len(self._stand):
                    await fencing.still_held(self._writing, self._stand)
                if ready.records:
                    await commit.commit(self._writing, ready)
        except commit.AlreadyThere:
            return Outcome.ALREADY_THERE
        except commit.DecideAgain as error:
            log.warning("commit_gave_way", actor=self._name, error=str(error))
            return Outcome.DECIDE_AGAIN
        except commit.Unwritable as error:
            log.error("unwritable", actor=self._name, error=str(error))
            return Outcome.UNWRITABLE
        except fencing.Fenced as error:
            log.warning("fenced", actor=self._name, partitions=str(error))
            return Outcome.DEPOSED
        except Exception as error:  # whatever it was, nobody knows whether it was committed
            log.warning("commit_in_doubt", actor=self._name, error=repr(error))
            return Outcome.IN_DOUBT
        return Outcome.COMMITTED

    async def clock(self) -> asyncpg.Connection:
        """For what is looked at every second, beside the batches. Raises what asyncpg raises."""
        clock = self._clock
        if clock is None:
            raise asyncpg.InterfaceError("not connected")
        if clock.is_closed():  # where nobody pays, no commit notices a database that went away
            clock = await self._clock_again(clock)
        return clock

    async def _clock_again(self, lost: asyncpg.Connection) -> asyncpg.Connection:
        new = await self._connect("clock")
        if self._clock is not lost:
            new.terminate()
            raise asyncpg.InterfaceError("taken over meanwhile")
        self._clock = new
        return new

    async def pause(self) -> None:
        """Between attempts to take over: growing, with jitter, bounded."""
        await asyncio.sleep(self._pause_s * (0.5 + random()))
        self._pause_s = min(self._pause_s * 2, self._settings.takeover_pause_max_s)

    async def close(self) -> None:
        """Drops the connections without waiting for the server."""
        for connection in (self._writing, self._reading, self._clock):
            if connection is not None and not connection.is_closed():
                connection.terminate()
        self._writing = self._reading = self._clock = None
