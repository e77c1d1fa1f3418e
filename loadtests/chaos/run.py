"""One run: clients at work while things break, quiet, then the verdict."""

import asyncio
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import asyncpg
import httpx
import psutil

from headrace.cluster.local.errors import PlatformError
from headrace.loadtests.chaos import ledger
from headrace.loadtests.chaos.clients import ACCOUNTS, TIMEOUT_S, Client, account
from headrace.loadtests.chaos.faults import FAULTS
from headrace.loadtests.chaos.judge import judge
from headrace.loadtests.chaos.listener import Listener
from headrace.loadtests.chaos.log import Log, Told
from headrace.loadtests.chaos.plan import Plan
from headrace.loadtests.chaos.tested_platform import TestedPlatform
from headrace.loadtests.chaos.verdict import WRONGS, Heard, Ledger, Verdict
from headrace.loadtests.chaos.watch import Watch
from headrace.loadtests.platform_under_load import RunError
from headrace.loadtests.signals import to_its_end
from headrace.runtime.partitioning import actor_of, partition_of
from headrace.runtime.settings import load

BETWEEN_S = (0.1, 1.5)
HURRIED = 0.3
"""Share of faults after which the next comes before the platform has recovered."""
TIMED = frozenset({"actor", "postgres"})
"""Faults that come to a platform that is well, and whose end is waited for."""
BROKE_OFF = (
    RunError, PlatformError, TimeoutError, OSError, psutil.Error, asyncpg.PostgresError,
    asyncpg.InterfaceError,
)  # fmt: skip
"""How a fault that could not be carried out shows itself."""
SETTLE_TIMEOUT_S = 90.0
DRAIN_TIMEOUT_S = 180.0
TENANT = 1
"""The platform's first, whose key the clients have."""


class Run:
    """`passed` after `carry_out`."""

    def __init__(self, seed: int, folder: Path, port: int, clients: int) -> None:
        self.passed = False
        self._seed = seed
        self._random = Random(f"{seed} faults")
        self._platform = TestedPlatform(folder, port, self._random)
        self._log = Log(folder / "clients.jsonl")
        self._clients = clients
        self._kills: Counter[str] = Counter()
        self._skipped: dict[str, str] = {}
        self._recovery_ms: dict[str, list[float]] = defaultdict(list)
        self._unavailable_ms: list[float] = []
        self._troubles: list[str] = []

    async def carry_out(self, plan: Plan) -> dict[str, Any]:
        """The result, to be printed."""
        begun = time.monotonic()
        try:
            await self._platform.start()
            async with self._platform.address.client(TIMEOUT_S) as http:
                listener = Listener(http)
                await self._load(http, plan, listener)
                self._say("settling")
                await self._settle()
                events = await listener.all()
            return await self._judge(plan, events) | {"took_s": round(time.monotonic() - begun)}
        finally:
            await to_its_end(self._platform.stop())
            self._log.close()

    async def _load(self, http: httpx.AsyncClient, plan: Plan, listener: Listener) -> None:
        def client(name: str) -> Client:
            return Client(http, self._log, self._platform.clocks, name, self._seed)

        clients = [client(f"client-{i}") for i in range(self._clients)]
        await clients[0].open_accounts()
        debtors = _one_account_of_each_actor()
        watch = Watch([client(f"watch-{i}") for i, _ in enumerate(debtors)], debtors)
        stop = asyncio.Event()
        workers: list[Client | Watch | Listener] = [*clients, watch, listener]
        working = [asyncio.create_task(worker.run(stop)) for worker in workers]
        try:
            await self._break(watch, plan)
            stop.set()
            done, late = await asyncio.wait(working, timeout=DRAIN_TIMEOUT_S)
        finally:
            for task in working:
                task.cancel()
        self._troubles += [repr(task.exception()) for task in done if task.exception()]
        self._troubles += ["a client was not answered for good"] * len(late)

    async def _break(self, watch: Watch, plan: Plan) -> None:
        end = time.monotonic() + plan.duration_s_max
        if missing := self._platform.disk.missing:
            self._skipped["disk_full"] = missing
            self._say(f"disk_full is skipped: no disk of its own for PostgreSQL: {missing}")
        for name in plan.shuffled(self._random):
            await asyncio.sleep(self._random.uniform(*BETWEEN_S))
            if time.monotonic() > end:
                return
            if name in self._skipped:
                continue
            try:
                await self._do(name, watch)
            except BROKE_OFF as error:
                self._say(f"{name}: {error!r}")
                self._troubles.append(f"{name}: {error!r}")
        with suppress(TimeoutError):
            await watch.answered_since(time.monotonic())
        while self._acknowledged() < plan.acknowledged_min and time.monotonic() < end:
            await asyncio.sleep(1)

    async def _do(self, name: str, watch: Watch) -> None:
        if name in TIMED:
            await watch.answered_since(time.monotonic())
        self._say(name)
        begun = time.monotonic()
        turn = await FAULTS[name](self._platform, self._random)
        self._kills[name] += 1
        if name in TIMED or self._random.random() > HURRIED:
            self._recovery_ms[name].append(await watch.answered_since(turn))
            self._unavailable_ms.append(watch.silence_ms(begun))
            self._say(f"  answered {self._recovery_ms[name][-1]:.0f} ms later")

    def _acknowledged(self) -> int:
        return sum(1 for e in self._log.entries if isinstance(e, Told) and e.status < 300)

    def _say(self, what: str) -> None:
        lines = len(self._log.entries)
        print(f"{time.strftime('%X')} {lines:>7} lines  {what}", file=sys.stderr, flush=True)

    async def _settle(self) -> None:
        """Until nothing is under way."""
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        url = self._platform.postgres.tcp_url
        while await ledger.unsettled(url) and time.monotonic() < deadline:
            await asyncio.sleep(0.5)

    async def _judge(self, plan: Plan, events: list[Heard]) -> dict[str, Any]:
        found = await ledger.read(self._platform.postgres.tcp_url)
        verdict = judge(self._log.entries, found, events, self._platform.unfenced)
        verified = await self._platform.verify()
        missed = plan.missed(
            self._kills, list(self._skipped), verdict.acknowledged, verdict.crossing
        )
        self.passed = verdict.passed and verified == "pass" and not self._troubles and not missed
        self._explain(verdict, missed)
        return self._result(verdict, found, verified) | {"missed": missed}

    def _result(self, verdict: Verdict, found: Ledger, verified: str) -> dict[str, Any]:
        acknowledged = verdict.acknowledged
        return {
            "seed": self._seed,
            "kills": {name: self._kills[name] for name in FAULTS},
            "acknowledged": acknowledged,
            "crossing_share": round(verdict.crossing / acknowledged, 3) if acknowledged else 0,
            "expired": found.expired,
            **{name: len(getattr(verdict, name)) for name in WRONGS},
            "troubles": len(self._troubles),
            "unavailable_ms": _spread(self._unavailable_ms),
            "recovery_ms": {
                name: _spread(self._recovery_ms[name]) for name in FAULTS if self._recovery_ms[name]
            },
            "verify": verified,
            "skipped": self._skipped,
        }

    def _explain(self, verdict: Verdict, missed: Iterable[str]) -> None:
        for name in WRONGS:
            for what in getattr(verdict, name)[:20]:
                print(f"{name}: {what}", file=sys.stderr)
        for trouble in self._troubles:
            print(f"trouble: {trouble}", file=sys.stderr)
        for what in missed:
            print(f"missed: {what}", file=sys.stderr)


def _spread(values_ms: list[float]) -> dict[str, int | None]:
    ordered = sorted(values_ms)
    return {
        "p50": round(median(ordered)) if ordered else None,
        "max": round(ordered[-1]) if ordered else None,
    }


def _one_account_of_each_actor() -> list[str]:
    settings = load()
    by_actor: dict[int, str] = {}
    for name in map(account, range(ACCOUNTS)):
        partition = partition_of(TENANT, name, settings.cell.partitions)
        by_actor.setdefault(actor_of(partition, settings.cell.actors), name)
    return [by_actor[number] for number in sorted(by_actor)]
