"""A payment by the documented rules."""

from typing import Any

from msgspec import Struct, field

HELD = ("authorized", "partially_captured")
EXPIRES_S = 7 * 24 * 3600
"""Of a hold for which nothing else was asked."""
REVIEW_EXPIRES_S = 24 * 3600
REFUNDABLE = ("settled", "partially_refunded")


class Movement(Struct, kw_only=True):
    """A capture or refund."""

    kind: str
    amount: int
    status: str
    key: str
    decline_reason: str | None = None


class Payment(Struct, kw_only=True):
    """Where nothing is on its way between partitions any more."""

    debtor: str
    creditor: str
    amount: int
    currency: str
    manual: bool
    key: str
    reference: str | None
    description: str | None
    metadata: dict[str, str] | None
    status: str
    decline_reason: str | None
    outcome: str | None
    degraded: bool
    day: str
    """On which it was authorised."""
    expires_in_s: int | None
    id: str = ""
    held: int = 0
    captured: int = 0
    refunded: int = 0
    movements: list[Movement] = field(default_factory=list)

    @property
    def refundable(self) -> int:
        return self.captured - self.refunded

    def view(self) -> dict[str, Any]:
        """As `GET /v1/payments/{payment}` tells it."""
        told: dict[str, Any] = {
            "status": self.status, "debtor": self.debtor, "creditor": self.creditor,
            "amount": self.amount, "currency": self.currency,
            "capture": "manual" if self.manual else "automatic", "idempotency_key": self.key,
            "reference": self.reference, "description": self.description,
            "metadata": self.metadata, "decline_reason": self.decline_reason,
            "risk_degraded": self.degraded, "held_amount": self.held,
            "captured_amount": self.captured, "refunded_amount": self.refunded,
            "refundable_amount": self.refundable,
            "movements": [
                {
                    "kind": m.kind, "amount": m.amount, "status": m.status,
                    "decline_reason": m.decline_reason, "idempotency_key": m.key,
                }
                for m in self.movements
            ],
        }  # fmt: skip
        if self.id:
            told["id"] = self.id
        if self.outcome is not None:
            told["risk"] = {"outcome": self.outcome}
        return told
