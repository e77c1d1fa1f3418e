"""Starts the partitions' actors and watches them, on a laptop and on a cluster alike.

Ray restarts a worker that died; it does not notice one that is stopped or stuck. So each actor is
asked for a heartbeat, and one that stays silent gets a successor beside it, under a new name: the
epoch in the ledger settles who writes.
"""

import asyncio
import time
from functools import partial
from typing import Any

import ray
import structlog

from headrace.actors import ray_names
from headrace.actors.heartbeat import Heartbeat, State
from headrace.actors.options import start_creditor_profiles, start_partition
from headrace.actors.ray_names import partition_name
from headrace.runtime.endless import endless
from headrace.runtime.risk.history import LedgerHistory
from headrace.runtime.settings import Settings
from headrace.serve.heartbeats import Heartbeats

log = structlog.get_logger("headrace.supervisor")


class Supervisor:
    """One a platform. `ready` once every actor has taken its partitions over.

    An actor that stands by, because another Ray cluster has its partitions, answers its heartbeats:
    it is neither stuck nor ready.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._heartbeats = Heartbeats(settings.cell, time.monotonic())
        self._generations: dict[int, int] = {}
        self._handles: dict[int, Any] = {}
        self._heard: dict[int, Heartbeat] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Starts everything that does not run yet; returns before it is ready."""
        start_creditor_profiles(self._settings.risk, LedgerHistory(self._settings.ledger))
        self._generations = _newest(ray_names.running(), self._settings.cell.actors)
        for index in range(self._settings.cell.actors):
            self._handles[index] = start_partition(index, self._generations[index])
            self._keep_asking(index)
        self._watching = endless("supervisor watches", self._watch)

    def ready(self) -> bool:
        """Whether every actor answered its last heartbeat and takes payments."""
        heard = [self._heard.get(index) for index in range(self._settings.cell.actors)]
        return all(last is not None and last.state is State.READY for last in heard)

    def _keep_asking(self, index: int) -> None:
        name = partition_name(index, self._generations[index])
        self._asking[index] = endless(f"supervisor asks {name}", partial(self._ask, index))

    async def _ask(self, index: int) -> None:
        while True:
            self._heartbeats.asked(index, time.monotonic())
            state = State.NOT_READY
            try:
                heartbeat: Heartbeat = await self._handles[index].heartbeat.remote()
                self._answered(index, heartbeat)
                state = heartbeat.state
            except ray.exceptions.ActorDiedError:
                self._heard.pop(index, None)
                self._succeed(index)
                self._heartbeats.restarting(index)
            except Exception as error:  # restarting, or not to be reached: asked again
                self._heard.pop(index, None)
                self._heartbeats.restarting(index)
                log.warning("no_heartbeat", index=index, error=repr(error))
            waits = state in (State.READY, State.STANDING_BY)
            cell = self._settings.cell
            await asyncio.sleep(cell.heartbeat_interval_s if waits else cell.heartbeat_retry_s)

    def _answered(self, index: int, heartbeat: Heartbeat) -> None:
        before = self._heard.get(index)
        if before is not None and before.incarnation != heartbeat.incarnation:
            log.warning("actor_restarted", actor=partition_name(index, self._generations[index]))
        self._heard[index] = heartbeat
        self._heartbeats.answered(index, heartbeat)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.cell.heartbeat_look_s)
            self._heartbeats.tick(time.monotonic())
            index = self._heartbeats.to_replace(time.monotonic())
            if index is not None:
                self._replace(index)

    def _replace(self, index: int) -> None:
        """A successor beside an actor that is silent, which is then ended if it can be."""
        log.warning("actor_stuck", actor=partition_name(index, self._generations[index]))
        self._asking[index].cancel()
        self._heard.pop(index, None)
        stuck = self._handles[index]
        self._succeed(index)
        self._heartbeats.replaced(index, time.monotonic())
        self._keep_asking(index)
        ray.kill(stuck, no_restart=True)

    def _succeed(self, index: int) -> None:
        self._generations[index] += 1
        self._handles[index] = start_partition(index, self._generations[index])


def _newest(names: set[str], actors: int) -> dict[int, int]:
    """The generation of each actor that runs already; 0 where none does."""
    found = dict.fromkeys(range(actors), 0)
    for name in names:
        base, _, generation = name.partition(".")
        for index in range(actors):
            if base == partition_name(index, 0):
                found[index] = max(found[index], int(generation or 0))
    return found
