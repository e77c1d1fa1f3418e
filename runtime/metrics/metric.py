"""One thing that is counted or measured, declared once: what it is, in which unit, in words.

Names follow prometheus.io/docs/practices/naming: base units as a suffix, `_total` on counters.
"""

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """GAUGE can fall; the others begin at 0 with their process."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Unit(Enum):
    """How a figure's name ends, how its metric's does, and what one is in the base unit."""

    NONE = ("", "", 1.0)
    SECONDS = ("_s", "_seconds", 1.0)
    MICROSECONDS = ("_us", "_seconds", 1e-6)
    BYTES = ("_bytes", "_bytes", 1.0)

    @property
    def in_figures(self) -> str:
        return self.value[0]

    @property
    def in_metrics(self) -> str:
        return self.value[1]

    @property
    def factor(self) -> float:
        return self.value[2]


class Metric(NamedTuple):
    """`figure` is what the code that counts calls it; `labels` are beyond the area's own."""

    figure: str
    kind: Kind
    unit: Unit
    help: str
    labels: tuple[str, ...] = ()


class Area:
    """The metrics of one area, all with its prefix and its labels."""

    def __init__(self, name: str, labels: tuple[str, ...], *metrics: Metric) -> None:
        """Raises ValueError for a figure that is declared twice or doesn't end in its unit."""
        self.name = name
        self.labels = labels
        self.metrics = {metric.figure: metric for metric in metrics}
        if len(self.metrics) < len(metrics):
            raise ValueError(f"metrics of {name}: a figure is declared twice")
        for metric in metrics:
            if not metric.figure.endswith(metric.unit.in_figures):
                raise ValueError(f"{name}.{metric.figure}: ends in {metric.unit.in_figures}")

    def name_of(self, metric: Metric) -> str:
        """In Prometheus, without the `_total` of a counter, which the exposition adds."""
        what = metric.figure.removesuffix(metric.unit.in_figures)
        return f"headrace_{self.name}_{what}{metric.unit.in_metrics}"

    def counters(self) -> dict[str, int]:
        """Every counter at 0, to count in."""
        return {m.figure: 0 for m in self.metrics.values() if m.kind is Kind.COUNTER}

    def names(self) -> Iterator[str]:
        """As they are exposed."""
        for metric in self.metrics.values():
            yield self.name_of(metric) + ("_total" if metric.kind is Kind.COUNTER else "")
