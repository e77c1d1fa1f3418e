"""What is counted of risk: by those who ask it, and of what is known of creditors."""

from headrace.runtime.metrics.metric import Area, Kind, Metric, Unit

COUNTER, GAUGE = Kind.COUNTER, Kind.GAUGE
NONE = Unit.NONE

RISK_CLIENT = Area(
    "risk_client", ("actor",),
    Metric("degraded", COUNTER, NONE, "Payments that the stated policy decided."),
    Metric("failures", COUNTER, NONE, "Batches that got no answer."),
)  # fmt: skip

CREDITOR_FEATURES = Area(
    "creditor_features", ("actor",),
    Metric("exchanges", COUNTER, NONE, "Exchanges with the shared store."),
    Metric("exchanges_failed", COUNTER, NONE, "Exchanges that got no answer."),
    Metric("observations_dropped", COUNTER, NONE, "Payments never told to the store."),
    Metric("creditors", GAUGE, NONE, "Creditors known to this actor."),
    Metric("observations_undelivered", GAUGE, NONE, "Payments not told to the store yet."),
    Metric("staleness_s", GAUGE, Unit.SECONDS, "Since the last exchange that worked."),
)  # fmt: skip

CREDITOR_PROFILES = Area(
    "creditor_profiles", ("actor",),
    Metric("observations", COUNTER, NONE, "Payments told by the actors."),
    Metric("repeats", COUNTER, NONE, "Messages that had been counted before."),
    Metric("given_back", COUNTER, NONE, "Creditors that an actor knew further back."),
    Metric("read", COUNTER, NONE, "Creditors read from the ledger."),
    Metric("evicted", COUNTER, NONE, "Creditors forgotten to bound memory."),
    Metric("creditors", GAUGE, NONE, "Creditors known to the store."),
    Metric("senders", GAUGE, NONE, "Actors that have told it anything."),
)  # fmt: skip
