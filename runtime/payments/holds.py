"""Open holds and reviews: the table by which they expire."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from headrace.runtime.clock import from_us
from headrace.runtime.database.area_table import AreaTable
from headrace.runtime.database.sql_by_name import load


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


def _columns(holds: Sequence[Hold]) -> tuple[Any, ...]:
    return (
        [UUID(bytes=hold.payment) for hold in holds],
        [hold.partition for hold in holds],
        [hold.debtor for hold in holds],
        [hold.amount for hold in holds],
        [hold.review for hold in holds],
        [from_us(hold.expires_at) for hold in holds],
        [hold.expires_in_s for hold in holds],
        [UUID(bytes=hold.submitted_by) if hold.submitted_by else None for hold in holds],
    )


def _ended(payments: Sequence[bytes]) -> tuple[Any, ...]:
    return ([UUID(bytes=payment) for payment in payments],)


HOLDS: AreaTable[bytes, Hold] = AreaTable(
    "holds", load("headrace.runtime.payments", "holds"), _columns, _ended
)
"""By payment."""
