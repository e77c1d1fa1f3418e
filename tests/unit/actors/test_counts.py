"""What an operator reads of an actor's work: each figure is what was done, from nothing on."""

from headrace.actors.counts import Counts
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.journal.record import Record, rows
from headrace.runtime.payments.batch import Batch
from headrace.runtime.risk.flags import RiskFlag

NAMES = {
    "payments", "records", "batches", "commit_us", "decide_us", "refused_overloaded", "doubts",
    "conflicts", "commits_gave_way", "commands_failed", "evicted", "risk_degraded",
}  # fmt: skip
DEGRADED, NOT_ONLY = int(RiskFlag.DEGRADED), int(RiskFlag.DEGRADED | RiskFlag(1))


def test_who_has_done_nothing_counts_nothing() -> None:
    kinds = {f"records_{kind.name.lower()}" for kind in K}
    assert Counts().all() == dict.fromkeys(NAMES | kinds, 0)


def credited(*kinds: K) -> Batch:
    """Legs of other actors, decided as columns."""
    batch = Batch(2, rows=[rows(len(kinds))])
    batch.rows[0]["kind"] = kinds
    return batch


def test_batches_add_up() -> None:
    counts = Counts()
    counts.committed(
        Batch(
            1,
            [
                Record(kind=K.SETTLED),
                Record(kind=K.SETTLED, risk_flags=NOT_ONLY),
                Record(kind=K.HELD, risk_flags=DEGRADED),
                Record(kind=K.DECLINED, risk_flags=NOT_ONLY ^ DEGRADED),
                Record(kind=K.CAPTURED, risk_flags=DEGRADED),
                Record(kind=K.ACCOUNT_OPENED),
            ],
        ),
        700,
    )
    counts.committed(credited(K.CREDITED, K.CREDITED, K.LEG_REFUSED), 80)
    counts.committed(Batch(3, [Record(kind=K.DEBITED)]), 9)
    told = {name: count for name, count in counts.all().items() if count}
    assert told == {
        "batches": 3, "records": 10, "payments": 5, "commit_us": 789, "risk_degraded": 2,
        "records_settled": 2, "records_held": 1, "records_declined": 1, "records_captured": 1,
        "records_account_opened": 1, "records_credited": 2, "records_leg_refused": 1,
        "records_debited": 1,
    }  # fmt: skip


def test_what_the_turns_count_is_told_by_its_name() -> None:
    counts = Counts()
    counts.doubts += 2
    counts.evicted += 3
    assert {name: n for name, n in counts.all().items() if n} == {"doubts": 2, "evicted": 3}
