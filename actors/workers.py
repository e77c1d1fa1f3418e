"""Small actors in one Ray worker, each made of its line in the roster."""

import asyncio
from collections.abc import Mapping
from pkgutil import resolve_name
from random import random
from typing import Any, Protocol
from uuid import uuid4

import structlog

from headrace.actors.heartbeat import Heartbeat, State
from headrace.actors.roster import ACTORS
from headrace.runtime import logs
from headrace.runtime import settings as settings_module
from headrace.runtime.metrics.told import Told

log = structlog.get_logger("headrace.workers")

PAUSE_S, PAUSE_MAX_S = 0.1, 2.0
"""Between attempts to make them."""


class Worker(Protocol):
    """What every small actor is; its own methods beside."""

    def stats(self) -> Mapping[str, int | float]: ...


class Workers:
    """Starts with its first call, also when Ray has restarted the worker: a heartbeat does it."""

    def __init__(self, actors: tuple[str, ...], name: str) -> None:
        self._lines = {actor.name: actor for actor in ACTORS if actor.name in actors}
        self._name = name
        self._incarnation = uuid4().hex
        self._workers: dict[str, Worker] = {}
        self._making: asyncio.Task[None] | None = None

    async def heartbeat(self) -> Heartbeat:
        """At once: that an answer comes says that the loop, which all share, runs."""
        made = self._begin().done()
        return Heartbeat(self._incarnation, State.READY if made else State.STARTING)

    async def call(self, worker: str, method: str, *arguments: Any) -> Any:
        """A method of one of them."""
        await self._begin()
        return await getattr(self._workers[worker], method)(*arguments)

    async def told(self, worker: str) -> Told:
        """The figures of one of them."""
        await self._begin()
        return {"name": worker, self._lines[worker].area: self._workers[worker].stats()}

    def _begin(self) -> "asyncio.Future[None]":
        if self._making is None:
            self._making = asyncio.create_task(self._make())
        return asyncio.shield(self._making)

    async def _make(self) -> None:
        """Tries until each is made."""
        pause_s = PAUSE_S
        while self._lines.keys() - self._workers.keys():
            try:
                settings = settings_module.load()
                logs.configure(settings.cell.log_level, self._name)
                for name in self._lines.keys() - self._workers.keys():
                    self._workers[name] = resolve_name(self._lines[name].made_by)(settings, name)
            except Exception as error:
                log.warning("not_started", actor=self._name, error=repr(error), exc_info=True)
                await asyncio.sleep(pause_s * (0.5 + random()))
                pause_s = min(pause_s * 2, PAUSE_MAX_S)
