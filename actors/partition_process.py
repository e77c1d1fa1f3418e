"""An AccountPartition in a Ray worker of its own, put together from what stands around it there."""

import asyncio
from importlib import import_module
from threading import Thread

import ray
import structlog

from headrace.actors.account_partition import AccountPartition
from headrace.actors.creditor_features import CreditorFeatures
from headrace.actors.direct_calls import Address, listen
from headrace.actors.partition_client import PartitionClient, Stats
from headrace.actors.ray_actors import RayActors
from headrace.actors.risk_client import RiskClient
from headrace.runtime import logs
from headrace.runtime import settings as settings_module
from headrace.runtime.garbage import collect_rarely
from headrace.runtime.payments.book import Place

log = structlog.get_logger("headrace.partition_process")

RISK_READY_S = 10.0
"""How long a new actor waits for the risk deployment, which starts beside it on a new platform;
after that the stated policy decides until risk answers."""
SLOW_TO_IMPORT = "headrace.actors.serve_address"
DEPOSED_ANSWERS_S = 1.0
"""How long a deposed actor still answers, that everybody be told, before it ends itself."""


class PartitionProcess:
    """Starts with its first call, also when Ray has restarted the worker: a heartbeat does it."""

    def __init__(self, index: int, name: str) -> None:
        self._index = index
        self._name = name
        self._starting: asyncio.Task[AccountPartition] | None = None
        # Half a second of imports, while Ray tells the callers that this actor is there.
        Thread(target=import_module, args=(SLOW_TO_IMPORT,), daemon=True).start()

    async def address(self) -> Address:
        """Where AccountPartition.submit answers direct calls."""
        await self._partition()
        return self._address

    async def await_leg(self, opened_by: Place, timeout_s: float) -> None:
        """AccountPartition.await_leg."""
        await (await self._partition()).await_leg(opened_by, timeout_s)

    async def stats(self) -> Stats:
        """AccountPartition.stats."""
        return (await self._partition()).stats()

    async def heartbeat(self) -> bool:
        """AccountPartition.heartbeat."""
        return await (await self._partition()).heartbeat()

    async def _partition(self) -> AccountPartition:
        if self._starting is None or (self._starting.done() and self._starting.exception()):
            self._starting = asyncio.create_task(self._start())
        return await asyncio.shield(self._starting)

    async def _start(self) -> AccountPartition:
        settings = settings_module.load()
        logs.configure(settings.log_level, self._name)
        risk = RiskClient.over_serve(settings)
        creditors = CreditorFeatures.over_ray(settings)
        peers = PartitionClient(settings, RayActors(settings))
        partition = AccountPartition(
            self._index, self._name, settings, risk, creditors, peers.carry
        )
        await partition.start()
        if not await risk.ready(RISK_READY_S):
            log.warning("risk_not_ready", actor=self._name, waited_s=RISK_READY_S)
        self._address = await listen(partition.submit, ray.util.get_node_ip_address())  # type: ignore[no-untyped-call]
        collect_rarely()
        self._watching = asyncio.create_task(self._end_when_deposed(partition))
        return partition

    async def _end_when_deposed(self, partition: AccountPartition) -> None:
        await partition.deposed.wait()
        await partition.stop()
        await asyncio.sleep(DEPOSED_ANSWERS_S)
        ray.actor.exit_actor()  # type: ignore[no-untyped-call]
