"""How many rows came to which end."""

from collections import Counter
from typing import Any

from headrace.cluster.cli.payfile.items import Mapped, Refused
from headrace.cluster.cli.payfile.sending import Paid, Results, in_flight

SETTLED = frozenset({"settled", "partially_refunded", "refunded"})
DECLINED = frozenset({"declined", "returned"})
"""A returned payment reached a closed account: its debtor has the money back."""


class Summary:
    """Counts over all chunks."""

    def __init__(self) -> None:
        self.by_status: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.in_flight = 0
        self.unanswered = 0
        self.replayed = 0
        self.risk_degraded = 0
        self.seconds = 0.0

    def add(self, mapped: Mapped, results: Results) -> None:
        """Counts a chunk's rows."""
        for result, item in zip(results, mapped.items, strict=True):
            if isinstance(result, Paid):
                self.by_status[result.payment.status] += 1
                self.replayed += result.replayed
                self.risk_degraded += result.payment.risk_degraded
                if in_flight(result, item):
                    self.in_flight += 1
            elif isinstance(result, Refused):
                self.refusals[result.code] += 1
            else:
                self.unanswered += 1

    @property
    def submitted(self) -> int:
        """Rows that have an answer."""
        return self.by_status.total() + self.refusals.total()

    @property
    def complete(self) -> bool:
        """Every row read has its answer and nothing is on its way any more."""
        return not self.unanswered and not self.in_flight

    def as_json(self) -> dict[str, Any]:
        """The states and `refused` add up to submitted; `authorized` is held for manual capture."""
        other = {
            status: count
            for status, count in sorted(self.by_status.items())
            if status not in SETTLED | DECLINED | {"in_review", "authorized"}
        }
        return {
            "submitted": self.submitted,
            "settled": sum(self.by_status[status] for status in SETTLED),
            "declined": sum(self.by_status[status] for status in DECLINED),
            "in_review": self.by_status["in_review"],
            "authorized": self.by_status["authorized"],
            "refused": self.refusals.total(),
            "replayed": self.replayed,
            "payments_per_s": round(self.submitted / self.seconds, 1) if self.seconds else 0.0,
            "seconds": round(self.seconds, 3),
            "risk_degraded": self.risk_degraded,
            "refusals": dict(sorted(self.refusals.items())),
            **({"other": other} if other else {}),
            **({"unanswered": self.unanswered} if self.unanswered else {}),
        }
