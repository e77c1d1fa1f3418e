"""What keys were used for, and how their payments stand: what batches are read again for."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from headrace.runtime.clock import to_us
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.states import STATES, PaymentState
from headrace.runtime.payments.answer import Done

SQL = load("headrace.runtime.ledger", "standing")
S = PaymentState
UNCHANGING = frozenset({S.DECLINED})
"""States in which a payment can begin, and which no record leaves."""


class KeyUse(Struct, kw_only=True, gc=False):
    """What a key stands for in the ledger."""

    fingerprint: int
    made: bool
    """It made the payment; else it acted on one, or on an account."""
    told: Done
    """Of the record that carries the key, with state and reason of the payment that it made as
    they are now; a reason only where one is told."""


async def uses(database: Database, tenant: int, keys: Sequence[str]) -> dict[str, KeyUse]:
    """What each of the keys that the ledger knows was used for."""
    rows = await database.fetch(SQL["uses"], tenant, list(keys))
    found = {
        row["key"]: KeyUse(
            fingerprint=row["fingerprint"],
            made=row["made"],
            told=Done(
                partition=row["partition"], seq=row["seq"], at=to_us(row["at"]),
                payment=row["payment"].bytes, state=row["state"], reason=row["reason"],
                risk_score=row["risk_score"], risk_flags=row["risk_flags"],
                risk_model=row["risk_model"],
            ),
        )
        for row in rows
    }  # fmt: skip
    made = {
        UUID(bytes=use.told.payment): use.told
        for use in found.values()
        if use.made and use.told.state not in UNCHANGING
    }
    if made:
        for row in await database.fetch(SQL["latest"], tenant, list(made)):
            told = made[row["payment"]]
            told.state = row["state"]
            told.reason = row["reason"] if told.state in STATES["tells_reason"] else 0
    return found
