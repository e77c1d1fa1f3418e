"""Every area's metrics: one line an area, which /metrics and its tests walk."""

from headrace.runtime.metrics.followers import FOLLOWER
from headrace.runtime.metrics.gateway import GATEWAY
from headrace.runtime.metrics.metric import Area
from headrace.runtime.metrics.partition import PARTITION
from headrace.runtime.metrics.risk import CREDITOR_FEATURES, CREDITOR_PROFILES, RISK_CLIENT

AREAS: tuple[Area, ...] = (
    GATEWAY,
    PARTITION,
    RISK_CLIENT,
    CREDITOR_FEATURES,
    CREDITOR_PROFILES,
    FOLLOWER,
)
