"""Calls to the partition actors. Which actor holds a partition stands in the ledger, and where it
answers it says itself, over Ray."""

import asyncio
from functools import partial
from typing import Any

import ray
import structlog

from headrace.actors.direct_calls import Address, Line
from headrace.actors.partition_client import Stats
from headrace.runtime.ledger.connect import connect
from headrace.runtime.payments.book import Place
from headrace.runtime.settings import Settings

log = structlog.get_logger("headrace.ray_actors")


class RayActors:
    """Commands go straight to the actor; everything else, which is rare, over Ray. Whom to ask is
    kept until a call fails; then the lease says anew who answers."""

    def __init__(self, settings: Settings, namespace: str) -> None:
        self._settings = settings
        self._namespace = namespace
        self._lines = [Line(partial(self._address, actor)) for actor in range(settings.actors)]
        self._names: dict[int, str] = {}
        """Of the actors that the lines lead to."""
        self._handles: dict[int, Any] = {}

    async def submit(self, actor: int, data: bytes) -> bytes:
        """Raises what Line.call raises when the actor is away.

        An actor that is stopped holds its connection: one that is silent for as long as a heartbeat
        may take is given up once another has taken its partitions over.
        """
        line = self._lines[actor]
        asked = asyncio.ensure_future(line.call(data))
        try:
            while not asked.done():
                await asyncio.wait([asked], timeout=self._settings.heartbeat_timeout_s)
                if not asked.done() and await self._succeeded(actor):
                    line.drop()
            return asked.result()
        finally:
            if not asked.done():
                asked.cancel()

    async def await_leg(self, actor: int, opened_by: Place, timeout_s: float) -> None:
        """Raises what Ray raises when the actor is away."""
        await self._call(actor, "await_leg", opened_by, timeout_s)

    async def stats(self, actor: int) -> Stats:
        """The same."""
        return await self._call(actor, "stats")  # type: ignore[no-any-return]

    async def _address(self, actor: int) -> Address:
        name = await self._holder(actor)
        address: Address = await self._handle(name).address.remote()
        self._names[actor] = name
        return address

    async def _succeeded(self, actor: int) -> bool:
        """Whether another actor holds the lease; not so far, if the ledger does not say."""
        try:
            return await self._holder(actor) != self._names.get(actor)
        except Exception as error:  # asked again when it is still silent
            log.warning("holder_not_read", actor=actor, error=repr(error))
            return False

    async def _call(self, actor: int, method: str, *arguments: Any) -> Any:
        handle = self._handles.get(actor)
        if handle is None:
            handle = self._handles[actor] = self._handle(await self._holder(actor))
        try:
            return await getattr(handle, method).remote(*arguments)
        except BaseException:
            self._handles.pop(actor, None)
            raise

    def _handle(self, name: str) -> Any:
        return ray.get_actor(name, namespace=self._namespace)

    async def _holder(self, actor: int) -> str:
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
        return name
