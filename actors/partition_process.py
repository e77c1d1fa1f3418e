"""An AccountPartition in a Ray worker of its own, put together from what stands around it there.

It takes its partitions over, and when it has lost them to another Ray cluster stands by until that
one has gone; then another AccountPartition begins with what the ledger says.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib import import_module
from random import random
from threading import Thread
from uuid import uuid4

import ray
import structlog

from headrace.actors.account_partition import AccountPartition
from headrace.actors.cluster_name import cluster_name, fenced, remember_fenced
from headrace.actors.creditor_features import CreditorFeatures
from headrace.actors.direct_calls import Address, listen
from headrace.actors.heartbeat import Heartbeat, State
from headrace.actors.partition_client import PartitionClient, Stats
from headrace.actors.ray_actors import RayActors
from headrace.actors.risk_client import RiskClient
from headrace.actors.standby import Standby, Verdict
from headrace.actors.writer import Deposed
from headrace.runtime import logs
from headrace.runtime import settings as settings_module
from headrace.runtime.endless import endless
from headrace.runtime.garbage import collect_rarely
from headrace.runtime.partitioning import partitions_of
from headrace.runtime.payments.open_leg import LegId

log = structlog.get_logger("headrace.partition_process")

SLOW_TO_IMPORT = "headrace.actors.serve_address"
PAUSE_S, PAUSE_MAX_S = 0.1, 2.0
"""Between attempts to start."""


class PartitionProcess:
    """Starts with its first call, also when Ray has restarted the worker: a heartbeat does it."""

    def __init__(self, index: int, name: str) -> None:
        self._index = index
        self._name = name
        self._incarnation = uuid4().hex
        self._state = State.STARTING
        self._serving: asyncio.Task[None] | None = None
        self._decided = asyncio.Event()
        """Whether it has its partitions or stands by: until then callers wait."""
        # Half a second of imports, while Ray tells the callers that this actor is there.
        Thread(target=import_module, args=(SLOW_TO_IMPORT,), daemon=True).start()

    async def address(self) -> Address:
        """Where AccountPartition.submit answers direct calls."""
        await self._begun()
        return self._address

    async def holder(self) -> str:
        """Whose leases it writes under, or would."""
        await self._begun()
        return self._partition.holder

    async def await_leg(self, opened_by: LegId, timeout_s: float) -> None:
        """AccountPartition.await_leg."""
        await self._begun()
        await self._partition.await_leg(opened_by, timeout_s)

    async def stats(self) -> Stats:
        """AccountPartition.stats, and under their areas' names what stands around it."""
        await self._begun()
        return {
            **self._partition.stats(),
            "risk_client": self._risk.stats(),
            "creditor_features": self._creditors.stats(),
        }

    async def heartbeat(self) -> Heartbeat:
        """At once, whatever it does: that an answer comes says that the loop runs."""
        self._begin()
        state = self._state
        if state is State.READY and not await self._partition.heartbeat():
            state = State.NOT_READY
        return Heartbeat(self._incarnation, state)

    def _begin(self) -> None:
        if self._serving is None:
            self._serving = endless(f"{self._name} serves", self._serve)

    async def _begun(self) -> None:
        self._begin()
        await self._decided.wait()

    async def _serve(self) -> None:
        await self._until_it_works(self._put_together)
        new, waits = True, await fenced(self._index)
        while True:
            if waits:
                self._partition = self._another_partition()
                self._stand_by()
                verdict = await self._standby.until_free()
                await remember_fenced(self._index, False)
                if verdict is Verdict.SUCCEEDED and not new:
                    await _exit(self._settings.cell.deposed_answers_s)
            try:
                await self._until_it_works(self._take_over)
                await _first(self._partition.deposed.wait(), self._standby.until_lost())
            except Deposed:
                pass
            log.warning("partitions_lost", actor=self._name)
            await self._partition.stop()
            await remember_fenced(self._index, True)
            new, waits = False, True

    def _stand_by(self) -> None:
        self._state = State.STANDING_BY
        self._decided.set()

    async def _until_it_works(self, step: Callable[[], Awaitable[None]]) -> None:
        """Mostly the ledger is away, or comes up beside us. Raises Deposed."""
        pause_s = PAUSE_S
        while True:
            try:
                return await step()
            except Deposed:
                raise
            except Exception as error:
                log.warning("not_started", actor=self._name, error=repr(error), exc_info=True)
            await asyncio.sleep(pause_s * (0.5 + random()))
            pause_s = min(pause_s * 2, PAUSE_MAX_S)

    async def _put_together(self) -> None:
        """What stands around an AccountPartition, and stays when it is another one's turn."""
        settings = self._settings = settings_module.load()
        logs.configure(settings.cell.log_level, self._name)
        self._cluster = await cluster_name(settings.ledger)
        self._standby = Standby(
            settings.cell,
            settings.ledger,
            partitions_of(self._index, settings.cell.partitions, settings.cell.actors),
            self._cluster,
        )
        self._risk = RiskClient.over_serve(settings.risk, settings.calls)
        self._creditors = CreditorFeatures.over_ray(settings.risk, settings.cell)
        self._peers = PartitionClient(
            settings.cell, settings.calls, RayActors(settings.cell, settings.ledger, settings.calls)
        )
        self._address = await listen(self._submit, ray.util.get_node_ip_address())

    def _another_partition(self) -> AccountPartition:
        return AccountPartition(
            self._index, self._name, self._settings, self._risk, self._creditors,
            self._peers.post_legs, cluster=self._cluster,
        )  # fmt: skip

    async def _take_over(self) -> None:
        partition = self._partition = self._another_partition()
        try:
            await partition.start()
        except BaseException:
            await partition.stop()
            raise
        if self._state is State.STARTING:
            wait_s = self._settings.risk.risk_ready_timeout_s
            if not await self._risk.ready(wait_s):
                log.warning("risk_not_ready", actor=self._name, waited_s=wait_s)
            collect_rarely()
        self._state = State.READY
        self._decided.set()

    async def _submit(self, data: bytes) -> bytes:
        """What stands by refuses at once."""
        return await self._partition.submit(data)


async def _exit(answers_s: float) -> None:
    """Ends this worker for good, after it has answered for so long, with the answer to the next
    call."""
    await asyncio.sleep(answers_s)
    with suppress(ray.exceptions.AsyncioActorExit):
        ray.actor.exit_actor()  # type: ignore[no-untyped-call]  # Ray's own lack
    await asyncio.Event().wait()


async def _first(*waits: Awaitable[object]) -> None:
    """Until one of them is over."""
    tasks = [asyncio.ensure_future(each) for each in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
