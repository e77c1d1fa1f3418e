"""What a bench must reach and what it aims at, held against its figures."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple


class Target(NamedTuple):
    """A bound of a figure, named by its path in the bench's JSON object."""

    measure: str
    path: tuple[str, ...]
    must: float
    aim: float
    at_least: bool
    unit: str = ""


class Verdict(NamedTuple):
    """A target and what was measured; `met` says which of its bounds."""

    target: Target
    measured: float
    met: Literal["aim", "must", "missed"]


def _ratio(measure: str, name: str, must: float, aim: float) -> Target:
    return Target(measure, ("ratios", name), must, aim, at_least=True)


def _most(measure: str, *path: str, must: float, aim: float, unit: str) -> Target:
    return Target(measure, path, must, aim, False, unit)


TARGETS = (
    _ratio("single / no-op ceiling", "single_vs_noop", 0.35, 0.5),
    _ratio("single / baseline's single", "single_vs_baseline", 2, 6),
    _ratio("single / baseline's single, hot", "single_hot_vs_baseline", 5, 15),
    _ratio("batch / baseline's single", "batch_vs_single_baseline", 15, 30),
    _ratio("batch / baseline's loop", "batch_vs_loop", 8, 20),
    _ratio("batch / baseline's bulk", "batch_vs_bulk", 1, 2),
    _ratio("batch / baseline's bulk, hot", "batch_hot_vs_bulk_hot", 1, 2),
    _most("CPU a payment, batches", "batch", "cpu_us", must=100, aim=50, unit="us"),
    _ratio("batch, hot / uniform", "batch_hot_vs_batch", 0.9, 1),
    _most("p99 at a third of the peak", "third_of_peak", "p99_ms", must=100, aim=50, unit="ms"),
    _most("p50 of an idle platform", "idle", "p50_ms", must=15, aim=6, unit="ms"),
    _most("start to first settled payment", "start_s", must=40, aim=20, unit="s"),
    _most("memory at rest", "memory_mib", "rest", must=2_048, aim=1_536, unit="MiB"),
    _most("decided without risk", "risk_degraded_share", must=0.001, aim=0, unit=""),
)  # fmt: skip


def verdicts(figures: Mapping[str, Any]) -> Iterator[Verdict]:
    """Of every target whose figure is there."""
    for target in TARGETS:
        found: Any = figures
        for name in target.path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is not None:
            yield Verdict(target, found, _met(target, found))


def _met(target: Target, measured: float) -> Literal["aim", "must", "missed"]:
    def reaches(bound: float) -> bool:
        return measured >= bound if target.at_least else measured <= bound

    if reaches(target.aim):
        return "aim"
    return "must" if reaches(target.must) else "missed"
