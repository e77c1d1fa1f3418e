"""What one writer counts of its work since its start."""

from collections import Counter

from headrace.runtime.journal.kinds import FIRST_KINDS, RecordKind
from headrace.runtime.payments.batch import Batch
from headrace.runtime.risk.flags import RiskFlag

DEGRADED = int(RiskFlag.DEGRADED)


class Counts:
    """Counters by name; times in microseconds."""

    def __init__(self) -> None:
        self.payments = 0
        self.records = 0
        self.batches = 0
        self.commit_us = 0
        self.decide_us = 0
        self.refused_overloaded = 0
        self.doubts = 0
        self.conflicts = 0
        self.commits_gave_way = 0
        self.commands_failed = 0
        self.evicted = 0
        self.risk_degraded = 0
        self._kinds: Counter[int] = Counter()

    def committed(self, batch: Batch, commit_us: int) -> None:
        """A batch, and how long its commit took."""
        self.batches += 1
        self.commit_us += commit_us
        self.records += len(batch)
        kinds = Counter([record.kind for record in batch.records])
        for rows in batch.rows:
            kinds.update(rows["kind"].tolist())
        self._kinds += kinds
        self.payments += sum(kinds[kind] for kind in FIRST_KINDS)
        self.risk_degraded += sum(
            record.risk_flags & DEGRADED != 0
            for record in batch.records
            if record.kind in FIRST_KINDS
        )

    def all(self) -> dict[str, int]:
        """By name, records also by kind."""
        counted = {name: n for name, n in vars(self).items() if not name.startswith("_")}
        return counted | {f"records_{kind.name.lower()}": self._kinds[kind] for kind in RecordKind}
