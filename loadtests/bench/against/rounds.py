"""The old and the new platform in turn, never both at once, under the same payments."""

import shutil
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from headrace.loadtests.bench.against.comparison import SIDES, Figures
from headrace.loadtests.bench.bench_platform import BenchPlatform
from headrace.loadtests.bench.figures import Run, row
from headrace.loadtests.bench.measure import measure, paced
from headrace.loadtests.bench.run import IDLE_PER_S, on_uvloop
from headrace.loadtests.bench.scenarios import (
    BATCH_CONNECTIONS,
    SINGLE_CONNECTIONS,
    Scenario,
)
from headrace.loadtests.platform_under_load import RunError
from headrace.loadtests.signals import to_its_end

IDLE_S, IDLE_WARM_UP_S = 3.0, 1.0
OTHERS_SHARE_MAX = 0.1
"""Of the machine's CPU: a round in which others took more of either side says little."""
BATCH = Scenario("batch", "headrace", batch=True)
SINGLE = Scenario("single", "headrace")

Tell = Callable[[str], None]


class Plan(Struct, frozen=True):
    """How long, how often, and where the platforms listen."""

    rounds: int
    seconds: float
    """Of a scenario in a round, after its warm-up."""
    port: int


async def measure_rounds(
    pythons: dict[str, Path], folder: Path, plan: Plan, tell: Tell
) -> dict[str, list[Figures]]:
    """By side, an entry a round. `pythons` run the sides' own checkouts; data come and go in
    `folder`. A round that others disturbed is measured again while no more were disturbed than
    there are to be; after that it counts. Raises RunError."""
    found: dict[str, list[Figures]] = {side: [] for side in SIDES}
    number = 0
    while len(found[SIDES[0]]) < plan.rounds:
        number += 1
        of_round: dict[str, Figures] = {}
        for side in SIDES:
            data_dir = folder / f"{side}-{number}"
            try:
                of_round[side] = await _one(pythons[side], data_dir, plan, number)
            finally:
                shutil.rmtree(data_dir, ignore_errors=True)
            tell(_line(number, side, of_round[side]))
        disturbed = number - len(found[SIDES[0]])
        if disturbed <= plan.rounds and any(map(was_disturbed, of_round.values())):
            tell(f"round {number} doesn't count: others took too much of the machine")
            continue
        for side in SIDES:
            found[side].append(of_round[side])
    return found


def was_disturbed(figures: Figures) -> bool:
    """Whether others took so much that the figures say little of the platform."""
    return figures.others_share > OTHERS_SHARE_MAX


async def _one(python: Path, data_dir: Path, plan: Plan, number: int) -> Figures:
    """One side in one round, on a fresh ledger; its platform is gone on return."""
    platform = BenchPlatform(data_dir, plan.port)
    platform.python = str(python)
    try:
        await platform.start()
        await platform.open_accounts()
        return await _figures(platform, plan.seconds, number)
    finally:
        await to_its_end(platform.down())


async def _figures(platform: BenchPlatform, seconds: float, number: int) -> Figures:
    """Names, and so keys and random draws, are the round's: both sides get the same payments."""
    name = f"against-{number}"
    await on_uvloop(paced(platform, f"{name}-idle-warm", IDLE_PER_S, 1, IDLE_WARM_UP_S))
    idle = await on_uvloop(paced(platform, f"{name}-idle", IDLE_PER_S, 1, IDLE_S))
    batch = await _run(platform, BATCH, f"{name}-batch", BATCH_CONNECTIONS, seconds)
    single = await _run(platform, SINGLE, f"{name}-single", SINGLE_CONNECTIONS, seconds)
    return Figures(
        batch_cpu_us=_cpu_us(batch),
        batch_rps=batch.rps,
        single_cpu_us=_cpu_us(single),
        single_rps=single.rps,
        idle_p50_ms=idle.percentile_ms(0.5),
        refused=batch.refused + single.refused,
        others_share=max(batch.others_share or 0.0, single.others_share or 0.0),
    )


async def _run(
    platform: BenchPlatform, scenario: Scenario, name: str, connections: int, seconds: float
) -> Run:
    run = await on_uvloop(measure(scenario, platform, name, connections, seconds))
    if not run.payments:
        raise RunError(f"{scenario.name}: {run.refused} payments, none answered as durable")
    return run


def _cpu_us(run: Run) -> float:
    cpu_us = row([run]).cpu_us
    if cpu_us is None:
        raise RunError(f"{run.scenario}: the platform's CPU is unknown")
    return cpu_us


def _line(number: int, side: str, figures: Figures) -> str:
    line = (
        f"round {number}, {side}: batch {figures.batch_rps:,.0f}/s at {figures.batch_cpu_us:.1f} us"
        f", single {figures.single_rps:,.0f}/s at {figures.single_cpu_us:.0f} us"
        f", idle {figures.idle_p50_ms:.1f} ms, others took {figures.others_share:.0%}"
    )
    return f"{line}, {figures.refused} not paid" if figures.refused else line
