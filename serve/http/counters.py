"""What a server counts, in plain integers, and their Prometheus form."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric

from headrace.runtime.metrics.exposition import counter, gauge, histogram
from headrace.runtime.metrics.gateway import GATEWAY
from headrace.serve.http.admission import Admission, Bound

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class Counters:
    """Since the gateway's start."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        """By operation and status."""
        self._durations: dict[str, list[int]] = {}
        self._seconds: defaultdict[str, float] = defaultdict(float)

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """One request."""
        self.requests[operation, status] += 1
        self._seconds[operation] += seconds
        buckets = self._durations.get(operation)
        if buckets is None:
            buckets = self._durations[operation] = [0] * (len(BUCKETS_S) + 1)
        buckets[bisect_left(BUCKETS_S, seconds)] += 1

    def families(self) -> Iterator[Metric]:
        """As Prometheus names them."""
        requests = counter(GATEWAY, "requests")
        for (operation, status), count in self.requests.items():
            requests.add_metric((operation, str(status)), count)
        durations = histogram(GATEWAY, "request_duration_s")
        for operation, counts in self._durations.items():
            durations.add_metric((operation,), _cumulated(counts), self._seconds[operation])
        yield from (requests, durations)


def _cumulated(counts: list[int]) -> list[tuple[str, int]]:
    total, buckets = 0, []
    for bound, count in zip((*map(str, BUCKETS_S), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, total))
    return buckets


def bounds(admission: Admission) -> Iterator[Metric]:
    """How full a gateway is."""
    taken, most = gauge(GATEWAY, "taken"), gauge(GATEWAY, "most")
    refused = counter(GATEWAY, "overloaded")
    all_bounds: tuple[Bound, ...] = (
        admission.payments, admission.reads, admission.streams, admission.body_bytes,
    )  # fmt: skip
    for bound in all_bounds:
        label = (bound.what.replace(" ", "_"),)
        taken.add_metric(label, bound.taken)
        most.add_metric(label, bound.most)
        refused.add_metric(label, bound.refused)
    yield from (taken, most, refused)


class _Scrape:
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families


def text(families: list[Metric]) -> bytes:
    """The exposition format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Scrape(families))
    return generate_latest(registry)
