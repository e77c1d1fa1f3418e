"""Calls to the partition actors over Ray. Which actor holds a partition stands in the ledger."""

import asyncio
from typing import Any

import ray

from headrace.actors.partition_client import Stats
from headrace.runtime.ledger.connect import connect
from headrace.runtime.settings import Settings


class RayActors:
    """Handles are kept until a call fails; then the lease says anew who answers."""

    def __init__(self, settings: Settings, namespace: str) -> None:
        self._settings = settings
        self._namespace = namespace
        self._handles: dict[int, Any] = {}
        self._finding: dict[int, asyncio.Task[Any]] = {}

    async def submit(self, actor: int, data: bytes) -> bytes:
        """Raises what Ray raises when the actor is away."""
        return await self._call(actor, "submit", data)  # type: ignore[no-any-return]

    async def await_leg(self, actor: int, payment: bytes, leg: int, timeout_s: float) -> None:
        """The same."""
        await self._call(actor, "await_leg", payment, leg, timeout_s)

    async def stats(self, actor: int) -> Stats:
        """The same."""
        return await self._call(actor, "stats")  # type: ignore[no-any-return]

    async def _call(self, actor: int, method: str, *arguments: Any) -> Any:
        handle = self._handles.get(actor) or await self._find(actor)
        try:
            return await getattr(handle, method).remote(*arguments)
        except BaseException:
            self._handles.pop(actor, None)
            raise

    async def _find(self, actor: int) -> Any:
        """One look-up at a time for an actor, however many calls wait for it."""
        task = self._finding.get(actor)
        if task is None:
            task = asyncio.create_task(self._look_up(actor))
            self._finding[actor] = task
            task.add_done_callback(lambda _: self._finding.pop(actor, None))
        return await asyncio.shield(task)

    async def _look_up(self, actor: int) -> Any:
        connection = await connect(self._settings, "headrace directory")
        try:
            holder = await connection.fetchval(
                "SELECT holder FROM leases WHERE partition = $1", actor
            )
        finally:
            connection.terminate()
        name = str(holder or "").partition("/")[0]
        if not name:
            raise LookupError(f"nobody holds partition {actor} yet")
        handle = ray.get_actor(name, namespace=self._namespace)
        self._handles[actor] = handle
        return handle
