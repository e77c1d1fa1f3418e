"""One run: clients at work while things break, quiet, then the verdict."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import httpx
import msgspec

from headrace.loadtests.chaos import ledger
from headrace.loadtests.chaos.clients import ACCOUNTS, TIMEOUT_S, Client, GaveUp, account
from headrace.loadtests.chaos.faults import FAULTS
from headrace.loadtests.chaos.judge import Verdict, judge
from headrace.loadtests.chaos.log import Log
from headrace.loadtests.chaos.platform import ChaosError, TestedPlatform
from headrace.runtime.partitioning import partition_of
from headrace.runtime.settings import Settings

BETWEEN_S = (0.5, 4.0)
SETTLE_TIMEOUT_S = 60.0
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
        self._unavailable_ms: list[float] = []
        self._troubles: list[str] = []

    async def carry_out(self, duration_s: float, plan: Sequence[str] | None) -> dict[str, Any]:
        """With a plan its faults once each, shuffled, and the rest of the time quiet."""
        try:
            await self._platform.start()
            async with httpx.AsyncClient(
                base_url=self._platform.url,
                headers={"Authorization": f"Bearer {self._platform.api_key()}"},
                timeout=TIMEOUT_S,
                trust_env=False,
            ) as http:
                await self._load(http, duration_s, plan)
                self._say("settling")
                events = await self._settle(http)
            return await self._judge(events)
        finally:
            await self._platform.stop()
            self._log.close()

    async def _load(
        self, http: httpx.AsyncClient, duration_s: float, plan: Sequence[str] | None
    ) -> None:
        clients = [Client(http, self._log, f"client-{i}", self._seed) for i in range(self._clients)]
        await clients[0].open_accounts()
        stop = asyncio.Event()
        working = [asyncio.create_task(client.run(stop)) for client in clients]
        try:
            await self._break(Client(http, self._log, "probe", self._seed), duration_s, plan)
        finally:
            stop.set()
            done, late = await asyncio.wait(working, timeout=DRAIN_TIMEOUT_S)
            for task in late:
                task.cancel()
        self._troubles += [repr(task.exception()) for task in done if task.exception()]
        self._troubles += ["a client was not answered for good"] * len(late)

    async def _break(self, probe: Client, duration_s: float, plan: Sequence[str] | None) -> None:
        end = time.monotonic() + duration_s
        names = list(plan or FAULTS)
        while time.monotonic() < end:
            for name in self._random.sample(names, len(names)):
                await asyncio.sleep(self._random.uniform(*BETWEEN_S))
                if plan is None and time.monotonic() > end:
                    return
                self._say(name)
                try:
                    if name == "actor":  # what an earlier fault still does is no actor's death
                        await self._until_answered(probe)
                    await FAULTS[name](self._platform, self._random)
                except (ChaosError, GaveUp, TimeoutError, OSError) as error:
                    self._say(f"{name}: {error!r}")
                    self._troubles.append(f"{name}: {error!r}")
                    continue
                self._kills[name] += 1
                if name == "actor":
                    self._unavailable_ms.append(await self._until_answered(probe))
            if plan is not None:
                return

    def _say(self, what: str) -> None:
        lines = len(self._log.entries)
        print(f"{time.strftime('%X')} {lines:>7} lines  {what}", file=sys.stderr, flush=True)

    async def _until_answered(self, probe: Client) -> float:
        """By every actor, whichever it was that died; how long it took, in milliseconds."""
        begun = time.monotonic()
        settings = Settings()
        by_actor: dict[int, str] = {}
        for name in map(account, range(ACCOUNTS)):
            partition = partition_of(TENANT, name, settings.partitions)
            by_actor.setdefault(partition % settings.actors, name)
        await asyncio.gather(*(probe.probe(debtor) for debtor in by_actor.values()))
        return (time.monotonic() - begun) * 1000

    async def _settle(self, http: httpx.AsyncClient) -> list[str]:
        """Until nothing is under way, then all events."""
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        url = self._platform.postgres.tcp_url
        while await ledger.in_transit(url) and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        events: list[str] = []
        with suppress(httpx.HTTPError):
            async with http.stream("GET", "/v1/events", params={"follow": "false"}) as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data: "):
                        event = msgspec.json.decode(line.removeprefix("data: "))
                        if event["type"].startswith("com.headrace.payment."):
                            events.append(event["id"])
        return events

    async def _judge(self, events: list[str]) -> dict[str, Any]:
        found = await ledger.read(self._platform.postgres.tcp_url)
        verdict = judge(self._log.entries, found, events)
        verified = await self._platform.verify()
        self.passed = verdict.passed and verified and not self._troubles
        self._explain(verdict)
        waits = sorted(self._unavailable_ms)
        return {
            "seed": self._seed,
            "kills": {name: self._kills[name] for name in FAULTS},
            "acknowledged": verdict.acknowledged,
            "crossing": verdict.crossing,
            "lost": len(verdict.lost),
            "doubled": len(verdict.doubled),
            "invented": len(verdict.invented),
            "incomplete": len(verdict.incomplete),
            "gaps": len(verdict.gaps),
            "troubles": len(self._troubles),
            "unavailable_ms": {
                "p50": round(median(waits)) if waits else None,
                "max": round(waits[-1]) if waits else None,
            },
            "verify": "pass" if verified else "fail",
        }

    def _explain(self, verdict: Verdict) -> None:
        for name in ("lost", "doubled", "invented", "incomplete", "gaps"):
            for what in getattr(verdict, name)[:20]:
                print(f"{name}: {what}", file=sys.stderr)
        for trouble in self._troubles:
            print(f"trouble: {trouble}", file=sys.stderr)
