"""How many rows came to which end."""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from headrace.cluster.cli.amount import major_units
from headrace.cluster.cli.payfile.items import Mapped, Refused
from headrace.cluster.cli.payfile.sending import Paid, Results, in_flight

SETTLED = frozenset({"settled", "partially_refunded", "refunded"})
DECLINED = frozenset({"declined", "returned"})
"""A returned payment reached a closed account: its debtor has the money back."""


ENDS = ("settled", "declined", "in_review", "authorized", "refused", "repeated_in_file")
Repeats = Mapping[int, int]
"""By place in the chunk, the row of the file that had the key before."""
NO_REPEATS: Repeats = MappingProxyType({})


class Summary:
    """Counts over all chunks."""

    def __init__(self) -> None:
        self.by_status: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self.in_flight = 0
        self.unanswered = 0
        self.replayed = 0
        self.repeated = 0
        self.moved: Counter[str] = Counter()
        """Minor units by currency."""
        self.risk_degraded = 0
        self.seconds = 0.0

    def add(self, mapped: Mapped, results: Results, repeats: Repeats = NO_REPEATS) -> None:
        """Counts a chunk's rows; a payment once, whatever rows were answered with it."""
        for i, (result, item) in enumerate(zip(results, mapped.items, strict=True)):
            if isinstance(result, Paid) and i in repeats:
                self.repeated += 1
            elif isinstance(result, Paid):
                if item is not None and result.payment.status in SETTLED:
                    self.moved[item.currency] += item.amount
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
        return self.by_status.total() + self.refusals.total() + self.repeated

    @property
    def accepted(self) -> int:
        """Payments that were made, or may still be."""
        return sum(n for status, n in self.by_status.items() if status not in DECLINED)

    @property
    def complete(self) -> bool:
        """Every row read has its answer and nothing is on its way any more."""
        return not self.unanswered and not self.in_flight

    def as_json(self) -> dict[str, Any]:
        """The states, `refused` and `repeated_in_file` add up to submitted; `authorized` is held
        for manual capture. `moved`: what the settled payments moved before any refund, in major
        units, as text because a sum may pass what JSON's readers keep exactly."""
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
            "repeated_in_file": self.repeated,
            "moved": {code: major_units(sum_, code) for code, sum_ in sorted(self.moved.items())},
            "replayed": self.replayed,
            "payments_per_s": round(self.submitted / self.seconds, 1) if self.seconds else 0.0,
            "seconds": round(self.seconds, 3),
            "risk_degraded": self.risk_degraded,
            "refusals": dict(sorted(self.refusals.items())),
            **({"other": other} if other else {}),
            **({"unanswered": self.unanswered} if self.unanswered else {}),
        }

    def sentence(self) -> str:
        """What became of the rows so far, "" where there was none."""
        told = self.as_json()
        named = [f"{told[name]:,} {name}" for name in ENDS if told[name]]
        moved = [f"{amount} {code}" for code, amount in told["moved"].items()]
        return ", ".join(named) + (f"; moved: {', '.join(moved)}" if moved else "")
