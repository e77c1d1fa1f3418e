"""What is counted of each follower of the journal."""

from headrace.runtime.metrics.metric import Area, Kind, Metric, Unit

COUNTER, GAUGE = Kind.COUNTER, Kind.GAUGE
NONE = Unit.NONE

FOLLOWER = Area(
    "follower", ("actor",),
    Metric("records", COUNTER, NONE, "Records followed, of the kinds that it asks for."),
    Metric("pages", COUNTER, NONE, "Times that it moved on in a partition."),
    Metric("failures", COUNTER, NONE, "Turns that failed and are taken again."),
    Metric("overtaken", COUNTER, NONE, "Times that another holder claimed its partitions."),
    Metric("behind", GAUGE, NONE, "Sequences between it and the ends of the partitions."),
    Metric("following", GAUGE, NONE, "1 while it holds its partitions."),
)  # fmt: skip
