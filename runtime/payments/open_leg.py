"""A leg under way: money on its way to another account's partition, or a refund asked of it."""

from typing import NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

LegId = tuple[int, int]
"""A record, by partition and sequence: also names the leg that it opened."""


class OpenLeg(Struct, gc=False):
    """Money under way to (or a refund asked of) another account's partition."""

    payment: bytes
    leg: int
    partition: int
    seq: int
    """The home record that opened it."""
    refund: bool
    sole: bool
    """A real-time payment's only leg: its outcome is the payment's, which needn't be loaded."""
    tenant: int
    currency: int
    amount: int
    debtor: int
    creditor: int
    trace: bytes


LEG = np.dtype(
    [
        ("index", ">i4"), ("kind", ">i2"), ("leg", ">i2"), ("tenant", ">i4"), ("currency", ">i2"),
        ("amount", ">i8"), ("creditor", ">i8"), ("occurred_at", ">i8"), ("payment", "S16"),
        ("trace", "S16"),
    ]
)  # fmt: skip
"""A leg as the ledger shows it to the counterpart: its index in the command that asks for it, and
facts of the record that opened it."""


class ShownLegs(NamedTuple):
    """The legs of one PostLegs, those that the ledger shows."""

    legs: NDArray[np.void]
    """Of LEG, (n,)."""
    answered: dict[int, int]
    """Index -> reason: what the ledger says was done with them already."""
