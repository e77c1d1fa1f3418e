"""What a gateway counts of payments, in Prometheus' form."""

from collections import Counter

from prometheus_client.metrics_core import Metric

from headrace.runtime.metrics.exposition import counter
from headrace.runtime.metrics.gateway import GATEWAY


def payments(outcomes: Counter[str]) -> Metric:
    """A gateway's answers to payments."""
    family = counter(GATEWAY, "payments")
    for outcome, count in outcomes.items():
        family.add_metric((outcome,), count)
    return family
