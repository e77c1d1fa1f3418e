"""What a gateway counts of its requests and bounds."""

from headrace.runtime.metrics.metric import Area, Kind, Metric, Unit

COUNTER, GAUGE, HISTOGRAM = Kind.COUNTER, Kind.GAUGE, Kind.HISTOGRAM
NONE = Unit.NONE

GATEWAY = Area(
    "gateway", (),
    Metric("requests", COUNTER, NONE, "Requests answered.", ("operation", "status")),
    Metric("payments", COUNTER, NONE, "Payments answered, by outcome.", ("outcome",)),
    Metric(
        "request_duration_s", HISTOGRAM, Unit.SECONDS,
        "From a request's arrival to the end of its answer.", ("operation",),
    ),
    Metric("taken", GAUGE, NONE, "Under way.", ("what",)),
    Metric("most", GAUGE, NONE, "Refused beyond this.", ("what",)),
    Metric("overloaded", COUNTER, NONE, "Refused because too many were under way.", ("what",)),
)  # fmt: skip
