"""What the platform's parts count, in Prometheus' form."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

GAUGES = frozenset(
    {
        "queue",
        "epoch",
        "ready",
        "open_legs",
        "legs_parked",
        "accounts_in_memory",
        "payments_in_memory",
    }
)
"""A partition's figures that can fall; so can those whose names end in _lag_us."""


def payments(outcomes: Counter[str]) -> Metric:
    """A gateway's answers to payments."""
    family = CounterMetricFamily(
        "headrace_gateway_payments", "Payments answered, by outcome.", labels=("outcome",)
    )
    for outcome, count in outcomes.items():
        family.add_metric((outcome,), count)
    return family


def partitions(stats: list[dict[str, Any]]) -> Iterator[Metric]:
    """The actors' figures, under their own names; `commit_us` and the like in seconds."""
    families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
    for actor in stats:
        name = str(actor.get("name", ""))
        for key, value in actor.items():
            if key == "name" or not isinstance(value, int | float):
                continue
            gauge = key in GAUGES or key.endswith("_lag_us")
            kind = GaugeMetricFamily if gauge else CounterMetricFamily
            metric, figure = key, float(value)
            if key.endswith("_us"):
                metric, figure = key[:-3] + "_seconds", value / 1e6
            family = families.get(key)
            if family is None:
                family = families[key] = kind(
                    f"headrace_partition_{metric}", f"{key} of an actor.", labels=("actor",)
                )
            family.add_metric((name,), figure)
    yield from families.values()
