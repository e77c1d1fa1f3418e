"""From what was measured to the figures: rows, ratios and the JSON object of a bench."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from headrace.loadtests.load.http_load import percentile_ms

HEADRACE = ("single", "single_hot", "batch", "batch_hot")
BASELINE = ("single", "single_hot", "loop", "bulk", "bulk_hot")
EXPERT = ("single", "bulk")
RATIOS = {
    "single_vs_noop": ("single", "noop"),
    "single_vs_baseline": ("single", "baseline.single"),
    "single_hot_vs_baseline": ("single_hot", "baseline.single_hot"),
    "batch_vs_single_baseline": ("batch", "baseline.single"),
    "batch_vs_loop": ("batch", "baseline.loop"),
    "batch_vs_bulk": ("batch", "baseline.bulk"),
    "batch_hot_vs_bulk_hot": ("batch_hot", "baseline.bulk_hot"),
    "batch_hot_vs_batch": ("batch_hot", "batch"),
}
"""Of the rates of two rows."""
EXPERT_RATIOS = {
    "single_vs_single": ("single", "expert.single"),
    "batch_vs_bulk": ("batch", "expert.bulk"),
}

Json = dict[str, Any]


class Run(Struct):
    """One scenario in one round, after its warm-up."""

    scenario: str
    payments: int
    """Answered as durable."""
    seconds: float
    """From the first request to the last answer."""
    latencies_s: list[float]
    """Of each request."""
    cpu_s: float | None = None
    """The service's and its PostgreSQL's, until nothing was under way; None when unknown."""
    generator_cpu_s: float = 0.0
    others_share: float | None = None
    """Of the machine's CPU that went to neither the service nor the generator."""
    settle_s: float = 0.0
    """From the last answer until nothing was under way."""
    checkpoint_s: float = 0.0
    refused: int = 0

    @property
    def rps(self) -> float:
        return self.payments / self.seconds


class Row(Struct):
    """A scenario over all rounds: payments by time, percentiles of all requests."""

    rps: float
    p50_ms: float
    p99_ms: float
    cpu_us: float | None
    """CPU microseconds a payment."""
    generator_cpu_us: float
    others_share: float | None
    """In the worst round: much of it makes the figures worthless."""
    slowest_rps: float
    fastest_rps: float
    """Of the rounds."""


def row(runs: Sequence[Run]) -> Row:
    """ValueError when nothing was paid."""
    payments = sum(run.payments for run in runs)
    if not payments:
        raise ValueError(f"no payment of {runs[0].scenario} was answered as durable")
    latencies_s = [latency for run in runs for latency in run.latencies_s]
    spent = [run.cpu_s for run in runs if run.cpu_s is not None]
    rates = [run.rps for run in runs]
    return Row(
        rps=round(payments / sum(run.seconds for run in runs), 1),
        p50_ms=percentile_ms(latencies_s, 0.5),
        p99_ms=percentile_ms(latencies_s, 0.99),
        cpu_us=round(sum(spent) / payments * 1e6, 1) if len(spent) == len(runs) else None,
        generator_cpu_us=round(sum(run.generator_cpu_s for run in runs) / payments * 1e6, 1),
        others_share=max(
            (run.others_share for run in runs if run.others_share is not None), default=None
        ),
        slowest_rps=round(min(rates), 1),
        fastest_rps=round(max(rates), 1),
    )


def rows(runs: Sequence[Run]) -> dict[str, Row]:
    """By scenario, in the order of their first runs."""
    by_scenario: dict[str, list[Run]] = {}
    for run in runs:
        by_scenario.setdefault(run.scenario, []).append(run)
    return {name: row(of_one) for name, of_one in by_scenario.items()}


def ratios(
    measured: Mapping[str, Row], wanted: Mapping[str, tuple[str, str]] = RATIOS
) -> dict[str, float]:
    """Those of which both sides were measured."""
    return {
        name: round(measured[ours].rps / measured[theirs].rps, 2)
        for name, (ours, theirs) in wanted.items()
        if ours in measured and theirs in measured
    }


def as_json(measured: Mapping[str, Row], rest: Json) -> Json:
    """The object of a bench's last line; `rest` is what no scenario measures."""
    told: Json = {}
    if "noop" in measured:
        told["noop"] = {"rps": measured["noop"].rps}
    if "noop_early" in measured and "single" in measured:
        early = measured["noop_early"].rps
        told["noop_early"] = {"rps": early, "single_vs": round(measured["single"].rps / early, 2)}
    told |= {name: _told(measured[name]) for name in HEADRACE if name in measured}
    if baseline := _under("baseline", BASELINE, measured):
        told["baseline"] = baseline
    if expert := _under("expert", EXPERT, measured):
        told["expert"] = expert | {"ratios": ratios(measured, EXPERT_RATIOS)}
    return told | {"ratios": ratios(measured)} | rest


def _under(part: str, names: Sequence[str], measured: Mapping[str, Row]) -> Json:
    return {
        name: _told(measured[f"{part}.{name}"]) for name in names if f"{part}.{name}" in measured
    }


def _told(row: Row) -> dict[str, float]:
    told = {"rps": row.rps, "p50_ms": row.p50_ms, "p99_ms": row.p99_ms}
    return told if row.cpu_us is None else told | {"cpu_us": row.cpu_us}
