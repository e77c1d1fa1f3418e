"""Windows of debtors and creditors from the ledger, for whoever has lost them."""

from collections.abc import Sequence

import asyncpg
import numpy as np

from headrace.runtime.clock import DAY_US
from headrace.runtime.database import connect
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.risk.windows import STATE, WINDOWS_DAYS, Windows, merged
from headrace.runtime.settings.ledger import LedgerSettings

PAGE_RECORDS = 10_000
PAGES_MAX = 10
"""Of an account's newest records, back to DAYS before its newest payment: what it costs to load an
account is bounded, also where it has more."""
DAYS = 300
"""What is older has decayed to less than 1/20,000 in the longest window."""

_SQL = load("headrace.runtime.risk", "history")


async def of_debtors(db: Database, numbers: Sequence[int]) -> dict[int, Windows]:
    """Windows of those of the accounts that have paid: what was authorised, for a declined payment
    is no habit."""
    return await _folded(db, "debtors", numbers)


async def of_creditors(db: Database, numbers: Sequence[int]) -> dict[int, Windows]:
    """Windows of those that have been paid: settled at once, or arrived from elsewhere."""
    return await _folded(db, "creditors", numbers)


async def _folded(db: Database, name: str, numbers: Sequence[int]) -> dict[int, Windows]:
    """In pages, all accounts' together, each of which begins where the one before ended."""
    found: dict[int, bytes] = {}
    newest: dict[int, int] = {}
    before = dict.fromkeys(numbers, 2**62)
    for _ in range(PAGES_MAX):
        if not before:
            break
        rows = await db.fetch(_SQL[name], list(before), list(before.values()), PAGE_RECORDS)
        before = {}
        for row in rows:
            number, last = row["number"], row["last"]
            if last is not None:
                state = _state(row)
                found[number] = merged(found[number], state) if number in found else state
            latest = newest.setdefault(number, last or 0)
            if row["seen"] == PAGE_RECORDS and (not last or latest - last < DAYS * DAY_US):
                before[number] = row["oldest"]
    return {number: Windows(state) for number, state in found.items()}


def _state(row: asyncpg.Record) -> bytes:
    counts, amounts = (tuple(row[f"{what}{days}"] for days in WINDOWS_DAYS) for what in "ca")
    state: bytes = np.array((row["since"], row["last"], counts, amounts), STATE).tobytes()
    return state


class LedgerHistory:
    """Reads creditors' windows when called; connects with its first call, so that it can be pickled
    before."""

    def __init__(self, settings: LedgerSettings) -> None:
        self._settings = settings
        self._pool: asyncpg.Pool | None = None

    async def __call__(self, creditors: Sequence[int]) -> dict[int, Windows]:
        """Windows of those that have been paid. Raises what asyncpg raises."""
        if self._pool is None:
            self._pool = await connect.pool(self._settings, 1, "headrace creditor history")
        return await of_creditors(self._pool, creditors)

    async def close(self) -> None:
        """Ends the connection, if there is one."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
