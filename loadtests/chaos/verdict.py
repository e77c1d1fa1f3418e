"""What is held against the clients' log, and what comes of it."""

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct, field


class Row(Struct, frozen=True, kw_only=True):
    """A record of the journal, accounts by their ids; of payments and of nothing else."""

    partition: int
    seq: int
    credit_partition: int
    credit_seq: int
    kind: int
    state: int
    payment: str
    leg: int
    amount: int
    key: str | None
    debited: str = ""
    credited: str = ""
    """Nobody, or no customer's: empty."""
    creditor: str = ""
    """Whom the payment is for, wherever the money is now."""
    crosses: bool = False
    """Its money went to transit, not to the creditor."""
    at: int = 0
    occurred_at: int = 0
    expires_at: int = 0
    """Microseconds; 0: no hold."""


class Heard(NamedTuple):
    """An event of a payment, as a consumer hears it."""

    payment: str
    at: str
    """RFC 3339, of its record."""


class Ledger(Struct, kw_only=True):
    """What the database holds after the platform settled."""

    rows: Sequence[Row]
    sequences: dict[int, list[int]]
    """By partition, every sequence number that a record of any kind has there, in order."""
    last_seqs: dict[int, int]
    """As the leases say."""
    holds: frozenset[str]
    """Payments in the table of open holds."""
    backwards: Sequence[str] = ()
    """Records that are earlier than the one before them in a partition."""
    early: Sequence[str] = ()
    """Payments whose hold expired before it was to."""
    overdue: Sequence[str] = ()
    """Payments that are held beyond their time."""
    expired: int = 0
    """Holds that expired at all."""


class Verdict(Struct, kw_only=True):
    """Lists name keys or payments, so that a red run can be looked into."""

    acknowledged: int = 0
    crossing: int = 0
    lost: list[str] = field(default_factory=list)
    """Acknowledged and not in the ledger, or not as acknowledged."""
    doubled: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    """There, and nobody sent it so, or it was refused for good."""
    refused: list[str] = field(default_factory=list)
    """For good, though nothing speaks against what was sent."""
    incomplete: list[str] = field(default_factory=list)
    """Money still in transit, or a hold without an owner or an owner without its hold."""
    gaps: list[str] = field(default_factory=list)
    """Sequences and events that are missing, doubled or out of order."""
    untimely: list[str] = field(default_factory=list)
    """Times that run back in a partition, holds that ended early or not at all."""
    unfenced: list[str] = field(default_factory=list)
    """Written by an actor while another held its partition."""

    @property
    def passed(self) -> bool:
        return not any(getattr(self, name) for name in WRONGS)


WRONGS = (
    "lost", "doubled", "invented", "refused", "incomplete", "gaps", "untimely", "unfenced",
)  # fmt: skip
"""What a verdict may say against a platform."""
