"""Starts the roster's actors and watches them, on a laptop and on a cluster alike.

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
from headrace.actors.options import start
from headrace.actors.roster import processes
from headrace.runtime.endless import endless
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
        self._processes = processes(settings.cell)
        self._heartbeats = Heartbeats(settings.cell, len(self._processes), time.monotonic())
        self._generations: dict[int, int] = {}
        self._handles: dict[int, Any] = {}
        self._heard: dict[int, Heartbeat] = {}
        self._asking: dict[int, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Starts everything that does not run yet; returns before it is ready."""
        running = ray_names.generations(ray_names.running())
        for index, process in enumerate(self._processes):
            self._generations[index] = running.get(process.name, 0)
            self._handles[index] = start(process, self._generations[index])
            self._keep_asking(index)
        self._watching = endless("supervisor watches", self._watch)

    def ready(self) -> bool:
        """Whether every actor that takes payments answered its last heartbeat and does."""
        wanted = (i for i, process in enumerate(self._processes) if process.takes_payments)
        heard = [self._heard.get(index) for index in wanted]
        return all(last is not None and last.state is State.READY for last in heard)

    def _keep_asking(self, index: int) -> None:
        self._asking[index] = endless(
            f"supervisor asks {self._name(index)}", partial(self._ask, index)
        )

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
            log.warning("actor_restarted", actor=self._name(index))
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
        log.warning("actor_stuck", actor=self._name(index))
        self._asking[index].cancel()
        self._heard.pop(index, None)
        stuck = self._handles[index]
        self._succeed(index)
        self._heartbeats.replaced(index, time.monotonic())
        self._keep_asking(index)
        ray.kill(stuck, no_restart=True)

    def _succeed(self, index: int) -> None:
        self._generations[index] += 1
        self._handles[index] = start(self._processes[index], self._generations[index])

    def _name(self, index: int) -> str:
        return ray_names.of_generation(self._processes[index].name, self._generations[index])
