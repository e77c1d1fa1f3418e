"""One scenario against one service: warm-up, load with a CHECKPOINT inside, and what it took."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Protocol

import msgspec
import psutil

from headrace.loadtests.bench.figures import Run
from headrace.loadtests.bench.scenarios import BATCH, Scenario
from headrace.loadtests.load.address import Address
from headrace.loadtests.load.http_load import Load, drive
from headrace.loadtests.load.payments import Payments

WARM_UP_SHARE = 0.25
"""Of a scenario's seconds, before it and not counted."""
CREATED = 201


class Service(Protocol):
    """What is measured."""

    address: Address

    async def settled(self) -> None:
        """Returns when nothing is under way."""

    def cpu_s(self) -> float | None:
        """Spent since its start; None when unknown."""

    async def checkpoint(self) -> None:
        """A CHECKPOINT of its PostgreSQL."""


class _Item(msgspec.Struct):
    status: int


class _BatchAnswer(msgspec.Struct):
    results: list[_Item]


_batch_answer = msgspec.json.Decoder(_BatchAnswer)


class _Tally:
    """Counts payments that were answered as durable, and those that weren't."""

    def __init__(self, batch: bool) -> None:
        self._batch = batch
        self.payments = 0
        self.refused = 0

    def __call__(self, status: int, body: bytes) -> None:
        if not self._batch:
            created, asked = int(status == CREATED), 1
        else:
            asked, created = BATCH, 0
            if status == 200:
                created = sum(i.status == CREATED for i in _batch_answer.decode(body).results)
        self.payments += created
        self.refused += asked - created


async def measure(
    scenario: Scenario, service: Service, run_name: str, connections: int, seconds: float
) -> Run:
    """`run_name` is new at each call: idempotency keys start with it."""
    await _load(scenario, service, f"{run_name}-warm", connections, seconds * WARM_UP_SHARE)
    await service.settled()
    cpu_before, own_before, begun = service.cpu_s(), time.process_time(), _machine()
    checkpoint = asyncio.create_task(_checkpoint(service, seconds / 2))
    try:
        tally = _Tally(scenario.batch)
        load = await _load(scenario, service, run_name, connections, seconds, tally)
        own_s, ended = time.process_time() - own_before, time.perf_counter()
        await service.settled()
        settle_s = time.perf_counter() - ended
        checkpoint_s = await checkpoint
        busy_s, machine_s = (now - then for now, then in zip(_machine(), begun, strict=True))
    finally:
        checkpoint.cancel()
        with suppress(asyncio.CancelledError):
            await checkpoint
    cpu_after = service.cpu_s()
    cpu_s = None if cpu_before is None or cpu_after is None else cpu_after - cpu_before
    return Run(
        scenario=scenario.name,
        payments=tally.payments,
        seconds=load.seconds,
        latencies_s=load.latencies_s,
        cpu_s=cpu_s,
        generator_cpu_s=own_s,
        others_share=None if cpu_s is None else max(0.0, busy_s - cpu_s - own_s) / machine_s,
        settle_s=settle_s,
        checkpoint_s=checkpoint_s,
        refused=tally.refused,
    )


def _machine() -> tuple[float, float]:
    """CPU seconds of the whole machine since its start: busy ones, and all there were."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    every = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    return every - idle, every


async def paced(
    service: Service, run_name: str, per_second: float, connections: int, seconds: float
) -> Load:
    """Single payments at a rate, for their latency."""
    requests = Payments(service.address.api_key, run_name, False, service.address.host).singles(
        f"{service.address.prefix}/v1/payments"
    )
    address = service.address
    return await drive(
        address.host, address.port, requests, connections, seconds, per_second, tls=address.tls
    )


async def _load(
    scenario: Scenario,
    service: Service,
    run_name: str,
    connections: int,
    seconds: float,
    answered: Callable[[int, bytes], None] | None = None,
) -> Load:
    address = service.address
    return await drive(
        address.host, address.port, _requests(scenario, address, run_name), connections, seconds,
        answered=answered, tls=address.tls,
    )  # fmt: skip


def _requests(scenario: Scenario, address: Address, run_name: str) -> Iterator[bytes]:
    payments = Payments(address.api_key, run_name, scenario.hot, address.host)
    path = address.prefix + scenario.request_path
    return payments.batches(BATCH, path) if scenario.batch else payments.singles(path)


async def _checkpoint(service: Service, after_s: float) -> float:
    """How long it took, seconds."""
    await asyncio.sleep(after_s)
    begun = time.perf_counter()
    await service.checkpoint()
    return time.perf_counter() - begun
