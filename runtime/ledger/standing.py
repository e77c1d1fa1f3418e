"""How many payments stand, and nothing else about them: what batches are read again for."""

from collections.abc import Sequence
from uuid import UUID

from headrace.runtime.ledger.connect import Database
from headrace.runtime.ledger.statements import load

SQL = load("headrace.runtime.ledger", "standing")


async def standing(
    database: Database, tenant: int, payments: Sequence[bytes]
) -> dict[bytes, tuple[int, int]]:
    """State and reason of each payment's latest record; those of others are left out."""
    wanted = [UUID(bytes=payment) for payment in payments]
    rows = await database.fetch(SQL["latest"], tenant, wanted)
    return {row["payment"].bytes: (row["state"], row["reason"]) for row in rows}
