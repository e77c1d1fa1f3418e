"""What a partition actor counts."""

from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.metrics.metric import Area, Kind, Metric, Unit

COUNTER, GAUGE = Kind.COUNTER, Kind.GAUGE
NONE, MICROSECONDS = Unit.NONE, Unit.MICROSECONDS

PARTITION = Area(
    "partition", ("actor",),
    Metric("payments", COUNTER, NONE, "Payments decided and committed, declined ones too."),
    Metric("records", COUNTER, NONE, "Records written to the journal."),
    Metric("batches", COUNTER, NONE, "Batches committed."),
    Metric("commit_us", COUNTER, MICROSECONDS, "Spent in commits."),
    Metric("decide_us", COUNTER, MICROSECONDS, "Spent deciding."),
    Metric("refused_overloaded", COUNTER, NONE, "Commands refused because too many waited."),
    Metric("doubts", COUNTER, NONE, "Times that memory was thrown away and read anew."),
    Metric("conflicts", COUNTER, NONE, "Commits rolled back over a known key or leg."),
    Metric("commits_gave_way", COUNTER, NONE, "Commits rolled back so that others could go on."),
    Metric("commands_failed", COUNTER, NONE, "Commands that raised, answered alone."),
    Metric("evicted", COUNTER, NONE, "Accounts and payments forgotten to bound memory."),
    Metric("risk_degraded", COUNTER, NONE, "Payments decided without risk's answer."),
    Metric("leg_calls_failed", COUNTER, NONE, "Calls with legs that got no answer."),
    *(
        Metric(f"records_{kind.name.lower()}", COUNTER, NONE, f"Records {kind.name.lower()}.")
        for kind in RecordKind
    ),
    Metric("queue", GAUGE, NONE, "Commands that wait to be decided."),
    Metric("waiting_in_gateway", GAUGE, NONE, "Commands that wait in this gateway for a call."),
    Metric("accounts_in_memory", GAUGE, NONE, "Accounts known."),
    Metric("payments_in_memory", GAUGE, NONE, "Payments known."),
    Metric("open_legs", GAUGE, NONE, "Legs under way to accounts elsewhere."),
    Metric("legs_parked", GAUGE, NONE, "Legs that wait for somebody to release them."),
    Metric("partition_lag_us", GAUGE, MICROSECONDS, "Since its most idle partition's last record."),
    Metric("epoch", GAUGE, NONE, "Of its partitions, the highest."),
    Metric("ready", GAUGE, NONE, "1 while it takes payments."),
)  # fmt: skip
