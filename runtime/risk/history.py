"""Creditors' windows from the ledger, for whoever has lost them."""

from collections.abc import Sequence

import asyncpg

from headrace.runtime.ledger import connect
from headrace.runtime.ledger.statements import load
from headrace.runtime.risk.windows import Windows
from headrace.runtime.settings import Settings

PAYMENTS_MAX = 100
"""Newest payments of a creditor that are read; older ones are not missed by much."""

_SQL = load("headrace.runtime.risk", "history")


class LedgerHistory:
    """Reads when called; connects with its first call, so that it can be pickled before."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool: asyncpg.Pool | None = None

    async def __call__(self, creditors: Sequence[int]) -> dict[int, Windows]:
        """Windows of those that have been paid. Raises what asyncpg raises."""
        if self._pool is None:
            self._pool = await connect.pool(self._settings, 1, "headrace creditor history")
        rows = await self._pool.fetch(_SQL["creditors"], list(creditors), PAYMENTS_MAX)
        return {
            row["number"]: Windows.folded(zip(row["amounts"], row["times"], strict=True))
            for row in rows
        }

    async def close(self) -> None:
        """Ends the connection, if there is one."""
        if self._pool is not None:
            await self._pool.close()
            self._pool = None
