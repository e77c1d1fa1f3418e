"""A whole bench: an idle platform, the scenarios in rounds, a third of the peak, the books."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import uvloop
from msgspec import Struct

from headrace.loadtests.bench import figures
from headrace.loadtests.bench.baseline_service import BaselineService
from headrace.loadtests.bench.bench_platform import BenchPlatform, RunningPlatform
from headrace.loadtests.bench.figures import Row, Run
from headrace.loadtests.bench.measure import Service, measure, paced
from headrace.loadtests.bench.scenarios import ROUND, Scenario, Subject
from headrace.loadtests.load.http_load import Load
from headrace.loadtests.platform_under_load import RunError
from headrace.loadtests.sampling import sampled

IDLE_PER_S = 10
OTHERS_SHARE_MAX = 0.1
"""Of the machine's CPU; what was measured beside more is told."""
MEMORY_SAMPLE_S = 4.0
"""A look at every process's pages costs a tenth of a second of CPU."""

Tell = Callable[[str], None]
T = TypeVar("T")


class Plan(Struct, frozen=True):
    """How long and with how much."""

    seconds: float
    """Of a scenario in one round."""
    rounds: int
    paced_seconds: float
    single_connections: int
    batch_connections: int


class Results(Struct):
    """What a bench found."""

    runs: list[Run]
    idle: Load
    third_of_peak: Load
    json: dict[str, Any]

    @property
    def rows(self) -> dict[str, Row]:
        return figures.rows(self.runs)


class Bench:
    """`tell` hears one line a step."""

    def __init__(self, plan: Plan, tell: Tell) -> None:
        self.plan = plan
        self._tell = tell
        self._name = f"bench-{time.time_ns():x}"
        self._memory: list[float] = []

    async def of_running(self, platform: RunningPlatform) -> Results:
        """Headrace's own scenarios on a platform that runs already."""
        scenarios = [scenario for scenario in ROUND if scenario.subject == "headrace"]
        return await self._measure(platform, {"headrace": platform}, scenarios)

    async def of_fresh(self, platform: BenchPlatform, baseline: BaselineService | None) -> Results:
        """Everything, on a platform that is started here; its rival only when there is one."""
        self._tell("starting Headrace")
        await platform.start()
        self._tell(f"first payment settled after {platform.start_s:.1f} s")
        at_rest = platform.memory_mib()
        self._tell("starting the no-op applications and the baseline")
        noop, early = await platform.deploy_noops()
        services: dict[Subject, Service] = {
            "headrace": platform, "noop": noop, "noop_early": early
        }  # fmt: skip
        if baseline is not None:
            await baseline.start()
            await baseline.open_accounts()
            services["baseline"] = baseline
        scenarios = [scenario for scenario in ROUND if scenario.subject in services]
        results = await self._measure(platform, services, scenarios)
        self._tell("checking the books")
        right = [await platform.verify() == "pass"]
        if baseline is not None:
            right.append(await baseline.verify())
        results.json |= {
            "memory_mib": {"rest": round(at_rest), "peak": round(max(at_rest, *self._memory))},
            "start_s": round(platform.start_s, 1),
            "verify": "pass" if all(right) else "fail",
        }
        return results

    async def _measure(
        self,
        platform: RunningPlatform | BenchPlatform,
        services: Mapping[Subject, Service],
        scenarios: Sequence[Scenario],
    ) -> Results:
        await platform.open_accounts()
        before = await platform.figures()
        idle = await self._paced(platform, "idle", IDLE_PER_S, 1)
        runs = [
            await self._run(number, scenario, services[scenario.subject])
            for number in range(1, self.plan.rounds + 1)
            for scenario in scenarios
        ]
        measured = figures.rows(runs)
        for service in services.values():  # what the rounds left to write is not this load's
            await service.checkpoint()
        third = await self._paced(
            platform, "third_of_peak", measured["single"].rps / 3, self.plan.single_connections
        )
        await platform.settled()
        after = await platform.figures()
        paid = after["payments_total"] - before["payments_total"]

        def share(name: str) -> float:
            return round((after[name] - before[name]) / paid, 5)

        told = figures.as_json(
            measured,
            {
                "third_of_peak": {
                    "p50_ms": third.percentile_ms(0.5), "p99_ms": third.percentile_ms(0.99)
                },
                "idle": {"p50_ms": idle.percentile_ms(0.5)},
                "crossing_share": share("records_debited_total"),
                "risk_degraded_share": share("risk_degraded_total"),
            },
        )  # fmt: skip
        return Results(runs, idle, third, told)

    async def _run(self, number: int, scenario: Scenario, service: Service) -> Run:
        plan = self.plan
        connections = plan.batch_connections if scenario.batch else plan.single_connections
        name = f"{self._name}-{number}-{scenario.name}"
        async with self._memory_watched(service):
            run = await on_uvloop(measure(scenario, service, name, connections, plan.seconds))
        if not run.payments:
            raise RunError(f"{scenario.name}: {run.refused} payments, none answered as durable")
        self._tell(_line(number, run))
        return run

    async def _paced(
        self, platform: Service, name: str, per_second: float, connections: int
    ) -> Load:
        seconds = self.plan.paced_seconds
        run_name = f"{self._name}-{name}"
        load = await on_uvloop(paced(platform, run_name, per_second, connections, seconds))
        p50, p99 = load.percentile_ms(0.5), load.percentile_ms(0.99)
        self._tell(f"{name}, {per_second:,.0f} a second: p50 {p50} ms, p99 {p99} ms")
        return load

    @asynccontextmanager
    async def _memory_watched(self, service: Service) -> AsyncIterator[None]:
        """Takes samples of our platform's memory as long as this lasts, and one at its end."""
        if not isinstance(service, BenchPlatform):
            yield
            return
        async with sampled(service.memory_mib, MEMORY_SAMPLE_S) as found:
            yield
        self._memory += found


async def on_uvloop(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: uvloop takes less of the machine, but can start no process as another
    user, which PostgreSQL needs. Has ended on return, also when it is cancelled."""
    loop = uvloop.new_event_loop()
    task = loop.create_task(work)

    def run() -> T:
        try:
            return loop.run_until_complete(task)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    running = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        with suppress(RuntimeError):  # it has just ended
            loop.call_soon_threadsafe(task.cancel)
        await asyncio.wait([running])
        raise


def _line(number: int, run: Run) -> str:
    parts = [f"round {number}, {run.scenario}: {run.rps:,.0f}/s"]
    if run.settle_s > 0.5:
        parts.append(f"settled {run.settle_s:.1f} s after the last answer")
    if (run.others_share or 0) > OTHERS_SHARE_MAX:
        parts.append(f"other processes took {run.others_share:.0%} of the machine")
    if run.refused:
        parts.append(f"{run.refused} not paid")
    if run.checkpoint_s:
        parts.append(f"CHECKPOINT {run.checkpoint_s:.1f} s")
    return ", ".join(parts)
