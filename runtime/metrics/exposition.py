"""Declared metrics in Prometheus' form."""

from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)

from headrace.runtime.metrics.metric import Area, Kind
from headrace.runtime.metrics.registry import AREAS
from headrace.runtime.metrics.told import Figures, Told

Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily
_FAMILIES: dict[Kind, type[Family]] = {
    Kind.COUNTER: CounterMetricFamily,
    Kind.GAUGE: GaugeMetricFamily,
    Kind.HISTOGRAM: HistogramMetricFamily,
}


def family(area: Area, figure: str) -> Family:
    """Without samples yet. KeyError for what is not declared."""
    metric = area.metrics[figure]
    labels = (*area.labels, *metric.labels)
    return _FAMILIES[metric.kind](area.name_of(metric), metric.help, labels=labels)


def counter(area: Area, figure: str) -> CounterMetricFamily:
    """The same, of a counter."""
    found = family(area, figure)
    if not isinstance(found, CounterMetricFamily):
        raise TypeError(f"{area.name}.{figure} is no counter")
    return found


def gauge(area: Area, figure: str) -> GaugeMetricFamily:
    """The same, of a gauge."""
    found = family(area, figure)
    if not isinstance(found, GaugeMetricFamily):
        raise TypeError(f"{area.name}.{figure} is no gauge")
    return found


def histogram(area: Area, figure: str) -> HistogramMetricFamily:
    """The same, of a histogram."""
    found = family(area, figure)
    if not isinstance(found, HistogramMetricFamily):
        raise TypeError(f"{area.name}.{figure} is no histogram")
    return found


def of_actors(told: Sequence[Told], areas: Iterable[Area] = AREAS) -> Iterator[Family]:
    """What actors tell, by area and figure. What is not declared is not told."""
    for area in areas:
        if area.labels != ("actor",):
            continue
        for figure, metric in area.metrics.items():
            samples = [
                (str(actor["name"]), value)
                for actor in told
                if (value := _of(actor, area).get(figure)) is not None
            ]
            if samples:
                made = counter if metric.kind is Kind.COUNTER else gauge
                found = made(area, figure)
                for name, value in samples:
                    found.add_metric((name,), float(value) * metric.unit.factor)
                yield found


def _of(actor: Told, area: Area) -> Figures:
    figures = actor.get(area.name, {})
    return {} if isinstance(figures, str) else figures
