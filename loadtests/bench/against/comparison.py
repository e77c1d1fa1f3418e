"""What a newer revision costs and gives, as ratios to an older one.

The two were measured in turn, so that what the machine did meanwhile falls on both.
"""

from collections.abc import Sequence
from statistics import median
from typing import Any, NamedTuple

from msgspec import Struct

from headrace.loadtests.bench.figures import Json

SIDES = ("old", "new")


class Figures(Struct, frozen=True, kw_only=True):
    """Of one side in one round."""

    batch_cpu_us: float
    """CPU microseconds a payment, of the application's and PostgreSQL's processes."""
    batch_rps: float
    single_cpu_us: float
    single_rps: float
    idle_p50_ms: float
    refused: int = 0
    """Payments that were not answered as durable."""
    others_share: float = 0.0
    """Of the machine's CPU, in the worst scenario: what neither the side nor the generator took."""


class Measure(NamedTuple):
    """A ratio, the figure it is of, and its bound; its unit falls out."""

    ratio: str
    figure: str
    must: float
    at_least: bool = False

    def meets(self, ratio: float) -> bool:
        return ratio >= self.must if self.at_least else ratio <= self.must


MEASURES = (
    Measure("batch_cpu_ratio", "batch_cpu_us", 1.03),
    Measure("batch_rps_ratio", "batch_rps", 0.97, at_least=True),
    Measure("single_cpu_ratio", "single_cpu_us", 1.03),
    Measure("single_rps_ratio", "single_rps", 0.97, at_least=True),
    Measure("idle_p50_ratio", "idle_p50_ms", 1.03),
)


class Compared(NamedTuple):
    """One measure over all rounds."""

    measure: Measure
    old: float
    new: float
    """Medians of the rounds."""
    ratio: float
    """`new` / `old`."""
    spread: tuple[float, float]
    """The least and the greatest ratio of a round's own figures."""


def compare(old: Sequence[Figures], new: Sequence[Figures]) -> list[Compared]:
    """By round, both as long. ValueError when they aren't, are empty, or nothing can be divided."""
    if len(old) != len(new) or not old:
        raise ValueError(f"{len(old)} rounds of the old side and {len(new)} of the new")
    return [_compared(measure, old, new) for measure in MEASURES]


def _compared(measure: Measure, old: Sequence[Figures], new: Sequence[Figures]) -> Compared:
    before, after = (
        [float(getattr(figures, measure.figure)) for figures in side] for side in (old, new)
    )
    if not all(before):
        raise ValueError(f"{measure.figure} of the old side is 0 in a round")
    by_round = [now / then for now, then in zip(after, before, strict=True)]
    return Compared(
        measure,
        median(before),
        median(after),
        round(median(after) / median(before), 3),
        (round(min(by_round), 3), round(max(by_round), 3)),
    )


def as_json(old: Sequence[Figures], new: Sequence[Figures], rest: Json) -> Json:
    """The last line's object: ratios, their spreads, `rest`, and the medians of either side."""
    told: dict[str, Any] = {}
    compared = compare(old, new)
    for one in compared:
        told[one.measure.ratio] = one.ratio
        told[f"{one.measure.ratio}_spread"] = list(one.spread)
    told |= rest
    for side, of_rounds in zip(SIDES, (old, new), strict=True):
        told[side] = {
            one.measure.figure: round(float(getattr(one, side)), 2) for one in compared
        } | {
            "refused": sum(figures.refused for figures in of_rounds),
            "others_share_max": round(max(figures.others_share for figures in of_rounds), 3),
        }
    return told
