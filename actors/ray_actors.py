"""Calls to the partition actors. Which actor holds a partition stands in the ledger, and where it
answers it says itself, over Ray."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

from headrace.actors import ray_names
from headrace.actors.direct_calls import Address, Line
from headrace.actors.partition_client import Stats
from headrace.runtime.database.connect import connect
from headrace.runtime.ledger import fencing
from headrace.runtime.partitioning import partitions_of
from headrace.runtime.payments.open_leg import LegId
from headrace.runtime.settings.cell import CellSettings
from headrace.runtime.settings.ledger import LedgerSettings
from headrace.runtime.settings.partition import CallSettings

log = structlog.get_logger("headrace.ray_actors")


class RayActors:
    """Commands go straight to the actor; everything else, which is rare, over Ray. Whom to ask is
    kept until a call fails; then the lease says anew who answers."""

    def __init__(
        self, cell: CellSettings, ledger: LedgerSettings, calls: CallSettings,
        find: Callable[[str], Any] = ray_names.find,
    ) -> None:  # fmt: skip
        """`find` takes an actor's name and returns its handle."""
        self._cell = cell
        self._ledger = ledger
        self._find = find
        self._lines = [
            Line(partial(self._address, actor), cell.heartbeat_timeout_s, calls)
            for actor in range(cell.actors)
        ]
        self._led_to: dict[int, str] = {}
        """The holders that the lines lead to, or are to lead to. A worker that Ray has started
        again holds by the same name and another id."""
        self._handles: dict[int, Any] = {}

    async def submit(self, actor: int, data: bytes) -> bytes:
        """Raises what Line.call raises when the actor is away.

        An actor that is stopped holds its connection, and one whose machine has gone leaves it
        open: where an answer takes as long as a heartbeat may, it is given up once another holder
        has the partitions, and whenever the caller gives up without having heard anything.
        """
        line = self._lines[actor]
        asked = asyncio.ensure_future(line.call(data))
        try:
            while not asked.done():
                await asyncio.wait([asked], timeout=self._cell.heartbeat_timeout_s)
                if not asked.done() and await self._succeeded(actor):
                    line.drop()
            return asked.result()
        finally:
            if not asked.done():
                asked.cancel()

    async def await_leg(self, actor: int, opened_by: LegId, timeout_s: float) -> None:
        """Raises what Ray raises when the actor is away."""
        await self._call(actor, "await_leg", opened_by, timeout_s)

    async def stats(self, actor: int) -> Stats:
        """The same."""
        stats: Stats = await self._call(actor, "stats")
        return stats

    async def _address(self, actor: int) -> Address:
        handle, self._led_to[actor] = await self._found(actor)
        address: Address = await handle.address.remote()
        return address

    async def _found(self, actor: int) -> tuple[Any, str]:
        """The actor that holds the lease, and its holder's name. An actor of that name that holds
        something else is none: another cluster's, or of a platform with another number of actors.
        """
        holder = await self._holder(actor)
        handle = self._find(_name(holder))
        theirs = await handle.holder.remote()
        if theirs != holder:
            raise LookupError(f"partition {actor} is held by {holder}, which {theirs} is not")
        return handle, holder

    async def _succeeded(self, actor: int) -> bool:
        """Whether another holds the lease; not so far, if the ledger does not say."""
        try:
            return await self._holder(actor) != self._led_to.get(actor)
        except Exception as error:  # asked again when it is still silent
            log.warning("holder_not_read", actor=actor, error=repr(error))
            return False

    async def _call(self, actor: int, method: str, *arguments: Any) -> Any:
        handle = self._handles.get(actor)
        if handle is None:
            handle, _ = await self._found(actor)
            self._handles[actor] = handle
        try:
            return await getattr(handle, method).remote(*arguments)
        except BaseException:
            self._handles.pop(actor, None)
            raise

    async def _holder(self, actor: int) -> str:
        first, *_ = partitions_of(actor, self._cell.partitions, self._cell.actors)
        connection = await connect(self._ledger, "headrace directory")
        try:
            return await fencing.holder(connection, first)
        finally:
            connection.terminate()


def _name(holder: str) -> str:
    """A holder is an actor's name and an id of its own."""
    return holder.partition("/")[0]
