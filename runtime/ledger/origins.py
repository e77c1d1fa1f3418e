"""What records of payments belong to: the payment's first record, and the one that asked for them.

What came of a payment tells neither its key nor its texts, and the counterpart's entries do not
even name the debtor: users are told them all the same, wherever the accounts live.
"""

from collections.abc import Iterable
from uuid import UUID

from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.kinds import KINDS
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.rows import record_of

SQL = load("headrace.runtime.ledger", "read_payments")
_FIRST, _LATER, _OPENS, _ENDS = (KINDS[n] for n in ("first", "later", "opens_leg", "ends_leg"))


class Origins:
    """Of some records, from those that they come from."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.records = list(records)
        self._first = {r.payment: r for r in self.records if r.kind in _FIRST}
        self._opened = {(r.payment, r.leg): r for r in self.records if r.kind in _OPENS}

    def first(self, record: Record) -> Record:
        """Its payment's first record; itself where it is one, or there is none."""
        return record if record.kind in _FIRST else self._first.get(record.payment, record)

    def asked(self, record: Record) -> Record:
        """By which a client asked for it: of a leg's end the record that opened the leg."""
        if record.kind not in _ENDS:
            return record
        return self._opened.get((record.payment, record.leg), record)


async def origins(database: Database, records: Iterable[Record]) -> Origins:
    """Of some records of a page, in one statement; texts are as they are kept."""
    later = [r for r in records if r.kind in _LATER]
    if not later:
        return Origins()
    ended = {(r.payment, r.leg) for r in later if r.kind in _ENDS}
    rows = await database.fetch(
        SQL["origins"], list({UUID(bytes=r.payment) for r in later}),
        [UUID(bytes=payment) for payment, _ in ended], [leg for _, leg in ended],
    )  # fmt: skip
    return Origins(map(record_of, rows))
