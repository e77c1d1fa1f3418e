"""When an actor whose partitions another Ray cluster has taken may take them back.

Two platforms may run on one ledger. The newer one takes the leases over when it starts; the other
stands by. It never takes back what a living cluster holds, or the two would go on taking from each
other, and it takes all or nothing, because a payment needs every actor of one cluster.
"""

import asyncio
from collections.abc import Sequence
from enum import Enum
from random import random

import asyncpg
import structlog

from headrace.runtime.database.connect import connect
from headrace.runtime.ledger import fencing
from headrace.runtime.ledger.fencing import Lease
from headrace.runtime.settings.cell import CellSettings
from headrace.runtime.settings.ledger import LedgerSettings

log = structlog.get_logger("headrace.standby")


class Verdict(Enum):
    """Of one look at the leases."""

    WAIT = 1
    CLAIM = 2
    """The cluster that took our partitions is gone, or has to give way."""
    SUCCEEDED = 3
    """Our own cluster has them, by another actor."""


class Absence:
    """Judges looks at the leases, one after another."""

    def __init__(self, partitions: Sequence[int], cluster: str, gone_after_s: float) -> None:
        self._gone_after_s = gone_after_s
        self._partitions = frozenset(partitions)
        self._cluster = cluster
        self._gone_since: float | None = None

    def look_failed(self) -> None:
        """The ledger is away: its clients are given time to come back to it."""
        self._gone_since = None

    def looked(self, leases: Sequence[Lease], now: float) -> Verdict:
        """`now` in seconds of one clock.

        If leases of both are held by living actors, because a cluster was away for long and came
        back, the newer cluster gets all of them.
        """
        living = {lease.cluster for lease in leases if lease.lives}
        others = {lease.cluster for lease in leases if lease.partition in self._partitions}
        others.discard(self._cluster)
        if not others:
            return Verdict.SUCCEEDED
        if others & living:
            self._gone_since = None
            divided = self._cluster in living and all(o < self._cluster for o in others & living)
            return Verdict.CLAIM if divided else Verdict.WAIT
        if self._gone_since is None:
            self._gone_since = now
        return Verdict.CLAIM if now - self._gone_since >= self._gone_after_s else Verdict.WAIT


class Standby:
    """Looks at the leases of one actor's partitions, by a connection of its own."""

    def __init__(
        self, cell: CellSettings, ledger: LedgerSettings, partitions: Sequence[int], cluster: str
    ) -> None:
        self._cell = cell
        self._ledger = ledger
        self._partitions = partitions
        self._cluster = cluster
        self._connection: asyncpg.Connection | None = None

    async def until_free(self) -> Verdict:
        """Waits until it is CLAIM or SUCCEEDED."""
        absence = Absence(self._partitions, self._cluster, self._cell.cluster_gone_after_s)
        now = asyncio.get_running_loop().time
        while True:
            leases = await self._look()
            if leases is None:
                absence.look_failed()
            elif (verdict := absence.looked(leases, now())) is not Verdict.WAIT:
                return verdict
            await asyncio.sleep(self._cell.cluster_look_s * (0.5 + random()))

    async def until_lost(self) -> None:
        """Waits until another cluster has one of the partitions."""
        while True:
            await asyncio.sleep(self._cell.cluster_held_look_s * (0.5 + random()))
            for lease in await self._look() or ():
                if lease.partition in self._partitions and lease.cluster != self._cluster:
                    return

    async def _look(self) -> list[Lease] | None:
        """None when the ledger doesn't answer."""
        try:
            async with asyncio.timeout(self._ledger.read_timeout_s):
                if self._connection is None or self._connection.is_closed():
                    self._connection = await connect(self._ledger, "headrace standby")
                return await fencing.leases(self._connection)
        except Exception as error:  # asked again
            log.warning("leases_not_read", error=repr(error))
            if self._connection is not None:
                self._connection.terminate()
            self._connection = None
            return None
