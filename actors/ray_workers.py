"""Calls to small actors, wherever they run."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from headrace.actors import ray_names
from headrace.actors.roster import ACTORS, process_of
from headrace.runtime.metrics.told import Told
from headrace.runtime.settings.cell import CellSettings


class RayWorker:
    """One of them, looked up when first needed and after a failure. Raises what Ray raises when it
    is away."""

    def __init__(self, name: str, cell: CellSettings) -> None:
        self._name = name
        self._process = process_of(name, cell)
        self._handle: Any = None

    async def call(self, method: str, *arguments: Any) -> Any:
        """One of its methods."""
        return await self._ask("call", self._name, method, *arguments)

    async def told(self) -> Told:
        """Its figures."""
        told: Told = await self._ask("told", self._name)
        return told

    async def _ask(self, method: str, *arguments: Any) -> Any:
        try:
            if self._handle is None:
                self._handle = await asyncio.to_thread(ray_names.newest, self._process)
            return await getattr(self._handle, method).remote(*arguments)
        except BaseException:
            self._handle = None
            raise


def all_told(cell: CellSettings) -> tuple[Callable[[], Awaitable[Told]], ...]:
    """How to ask each small actor for its figures."""
    return tuple(RayWorker(actor.name, cell).told for actor in ACTORS if actor.small)
