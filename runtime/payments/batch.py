"""What one commit writes: records, and rows of the tables that stand beside the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from headrace.runtime.database.area_table import AreaTable, Key, Row
from headrace.runtime.journal.account_numbers import NO_ROLE
from headrace.runtime.journal.record import Record, Rows
from headrace.runtime.journal.states import AccountState
from headrace.runtime.payments.account import Balances, Terms
from headrace.runtime.payments.area_rows import Rows as AreaTables
from headrace.runtime.payments.open_leg import LegId, OpenLeg
from headrace.runtime.payments.payment import Payment


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
    """Partition -> seq, time and last ordinal before the batch."""
    opened: dict[int, int] = field(default_factory=dict)
    """Number of an account that the batch opens -> the record's time."""
    changed: dict[int, AccountRow] = field(default_factory=dict)
    """The directory's rows after the batch, of accounts that it opens or changes."""
    area_rows: AreaTables = field(default_factory=dict)
    """Rows of areas' own tables as they are after the batch; None: ended."""
    area_rows_before: AreaTables = field(default_factory=dict)
    """As memory had those that it keeps."""
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
    answered_legs: list[LegId] = field(default_factory=list)
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
        for table, rows in later.area_rows.items():
            self.area_rows.setdefault(table, {}).update(rows)
        for table, rows in later.area_rows_before.items():
            self.area_rows_before[table] = rows | self.area_rows_before.get(table, {})
        self.legs_opened += later.legs_opened
        self.legs_closed += later.legs_closed
        self.accounts = later.accounts | self.accounts
        self.settings = later.settings | self.settings
        self.payments = later.payments | self.payments
        self.keys += later.keys
        self.answered_legs += later.answered_legs

    def put(self, table: AreaTable[Key, Row], key: Key, row: Row | None) -> None:
        """The commit writes the row; None: it ends. Where rows are in memory: Book.put."""
        self.area_rows.setdefault(table, {})[key] = row

    def rows_of(self, table: AreaTable[Key, Row]) -> Mapping[Key, Row | None]:
        """Those that it writes."""
        return self.area_rows.get(table, {})
