"""Starts the partitions' actors and watches them, on a laptop and on a cluster alike.

Ray restarts a worker that died; it does not notice one that is stopped or stuck. So each actor is
asked for a heartbeat, and one that stays silent gets a successor beside it, under a new name: the
epoch in the ledger settles who writes.
"""

import asyncio
from typing import Any

import ray
import structlog

from headrace.actors import ray_names
from headrace.actors.options import start_creditor_profiles, start_partition
from headrace.actors.ray_names import partition_name
from headrace.runtime.ledger.connect import connect
from headrace.runtime.risk.history import LedgerHistory
from headrace.runtime.settings import Settings

log = structlog.get_logger("headrace.supervisor")

RETRY_S = 0.2
START_TIMEOUT_S = 60.0
"""How long a new actor may take to its first heartbeat: a worker's start, and loading."""


class Supervisor:
    """One a platform. `ready` once every actor has taken its partitions over."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._generations: dict[int, int] = {}
        self._ready: dict[int, bool] = {}
        self._watching: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Starts everything that does not run yet; returns before it is ready."""
        start_creditor_profiles(self._settings, LedgerHistory(self._settings))
        self._generations = await self._newest_generations()
        for index in range(self._settings.actors):
            handle = start_partition(index, self._generations[index])
            self._watching.append(asyncio.create_task(self._watch(index, handle)))

    def ready(self) -> bool:
        """Whether every actor answered its last heartbeat and takes payments."""
        return all(self._ready.get(index) for index in range(self._settings.actors))

    async def _newest_generations(self) -> dict[int, int]:
        """Of actors that run already, as the leases name them; 0 where none does."""
        connection = await connect(self._settings, "headrace supervisor")
        try:
            rows = await connection.fetch(
                "SELECT partition, holder FROM leases WHERE partition < $1", self._settings.actors
            )
        finally:
            connection.terminate()
        found = dict.fromkeys(range(self._settings.actors), 0)
        running = ray_names.running()
        for row in rows:
            name = str(row["holder"]).partition("/")[0]
            if name in running:
                _, _, generation = name.partition(".")
                found[row["partition"]] = int(generation or 0)
        return found

    async def _watch(self, index: int, handle: Any) -> None:
        started = False
        while True:
            timeout_s = self._settings.heartbeat_timeout_s if started else START_TIMEOUT_S
            ready = False
            try:
                ready = await asyncio.wait_for(handle.heartbeat.remote(), timeout_s)
                started = True
            except TimeoutError:
                handle, started = self._replace(index, handle), False
            except ray.exceptions.ActorDiedError:
                handle, started = self._succeed(index), False
            except Exception as error:  # restarting, or the ledger is away: asked again
                log.warning("no_heartbeat", index=index, error=repr(error))
            self._ready[index] = ready
            await asyncio.sleep(self._settings.heartbeat_interval_s if ready else RETRY_S)

    def _replace(self, index: int, handle: Any) -> Any:
        """A successor beside an actor that is silent, which is then ended if it can be."""
        log.warning("actor_stuck", actor=partition_name(index, self._generations[index]))
        successor = self._succeed(index)
        ray.kill(handle, no_restart=True)
        return successor

    def _succeed(self, index: int) -> Any:
        self._generations[index] += 1
        return start_partition(index, self._generations[index])
