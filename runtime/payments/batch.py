"""What one commit writes: records, and rows of the tables that stand beside the journal."""

from dataclasses import dataclass, field
from typing import NamedTuple

from headrace.runtime.journal.account_numbers import NO_ROLE
from headrace.runtime.journal.record import Record, Rows
from headrace.runtime.journal.states import AccountState
from headrace.runtime.keys.text_sealer import NewKey
from headrace.runtime.payments.account import Balances, Terms
from headrace.runtime.payments.open_leg import OpenLeg, Place
from headrace.runtime.payments.payment import Payment


class Hold(NamedTuple):
    """A row of the table of open holds."""

    payment: bytes
    partition: int
    debtor: int
    amount: int
    review: bool
    expires_at: int
    expires_in_s: int
    """Of a review: how long the hold was asked to last once accepted; 0: the default."""
    submitted_by: bytes
    """Of a review: the id of the API key; empty: not known."""


class AccountRow(NamedTuple):
    """A row of the accounts' directory."""

    number: int
    tenant: int
    id: str
    """Empty: an account of a role."""
    currency: int
    state: int
    terms: Terms
    role: int = NO_ROLE
    rail: str = ""


@dataclass(slots=True)
class Batch:
    """What one commit writes, and what must be undone in memory when it fails."""

    number: int
    records: list[Record] = field(default_factory=list)
    started_from: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Partition -> seq, time and place before the batch."""
    opened: dict[int, int] = field(default_factory=dict)
    """Number of an account that the batch opens -> the record's time."""
    changed: dict[int, AccountRow] = field(default_factory=dict)
    """The directory's rows after the batch, of accounts that it opens or changes."""
    holds: dict[bytes, Hold | None] = field(default_factory=dict)
    """By payment: the hold as it is after the batch; None: ended."""
    rows: list[Rows] = field(default_factory=list)
    """Records that were decided as columns; `records` has the others."""
    legs_opened: list[OpenLeg] = field(default_factory=list)
    legs_closed: list[OpenLeg] = field(default_factory=list)
    accounts: dict[int, Balances] = field(default_factory=dict)
    """As they were before the batch."""
    settings: dict[int, tuple[AccountState, Terms]] = field(default_factory=dict)
    """The same of accounts whose settings it changes."""
    payments: dict[bytes, Payment | None] = field(default_factory=dict)
    """The same; None: it was not in memory."""
    keys: list[tuple[int, str]] = field(default_factory=list)
    carried: list[Place] = field(default_factory=list)
    subject_keys: list[NewKey] = field(default_factory=list)
    """Made for its texts."""
    put_off: bool = False
    """A payment in it was refused that may be made later."""

    def __len__(self) -> int:
        return len(self.records) + sum(map(len, self.rows))

    def absorb(self, later: "Batch") -> None:
        """Makes one of two: what was decided next, on top of this."""
        self.number = later.number
        self.records += later.records
        self.rows += later.rows
        self.started_from = later.started_from | self.started_from
        self.opened |= later.opened
        self.changed |= later.changed
        self.holds |= later.holds
        self.legs_opened += later.legs_opened
        self.legs_closed += later.legs_closed
        self.accounts = later.accounts | self.accounts
        self.settings = later.settings | self.settings
        self.payments = later.payments | self.payments
        self.keys += later.keys
        self.carried += later.carried
        self.subject_keys += later.subject_keys
