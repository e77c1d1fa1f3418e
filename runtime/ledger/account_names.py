"""The ids that tenants gave their accounts, by number. Neither ever changes, so they are kept."""

from collections.abc import Iterable

from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.account_numbers import is_system_account
from headrace.runtime.journal.record import Record

SQL = load("headrace.runtime.ledger", "read_payments")
NAMES_MAX = 200_000


class AccountNames:
    """Looks up what is not known yet, all of a question at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, str] = {}

    async def of(self, numbers: Iterable[int]) -> dict[int, str]:
        """Id by number; system accounts and numbers that no account has are left out."""
        wanted = {n for n in numbers if n and not is_system_account(n)}
        unknown = [n for n in wanted if n not in self._known]
        if unknown:
            if len(self._known) + len(unknown) > NAMES_MAX:
                self._known = {n: self._known[n] for n in wanted if n in self._known}
            for row in await self._database.fetch(SQL["account_names"], unknown):
                self._known[row["number"]] = row["id"]
        return {n: self._known[n] for n in wanted if n in self._known}

    async def in_records(self, records: Iterable[Record]) -> dict[int, str]:
        """Of every account that the records name."""
        return await self.of(n for r in records for n in (r.debit, r.credit, r.creditor))
