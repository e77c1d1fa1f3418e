"""A record: one thing that happened in a partition, and one row of the journal."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

NO_UUID = bytes(16)
NO_LEG = -1
"""Of a record that holds money for captures to come."""
LEG_MAX = 2**15 - 1
"""Captures and refunds of one payment: their number stands in two bytes."""


class Record(Struct, gc=False, kw_only=True):
    """The journal's columns in their order (migrations/0001_journal.sql); times in microseconds.

    Always: `debit` is an account of `partition` and `credit` of `credit_partition`, and both
    partitions' sequences are carried (the same twice when they are one partition). An account
    that a record names but does not change has its balance repeated. 0 is no account.

    Made by name only: two columns of the same type that changed places would go unseen. Each name
    in the call costs 40 ns, each assigned afterwards 20: busy paths fill in a blank one.
    """

    seq: int = 0
    credit_seq: int = 0
    debit: int = 0
    credit: int = 0
    creditor: int = 0
    amount: int = 0
    debit_posted: int = 0
    debit_held: int = 0
    credit_posted: int = 0
    credit_held: int = 0
    at: int = 0
    occurred_at: int = 0
    fingerprint: int = 0
    payment: bytes = NO_UUID
    trace: bytes = NO_UUID
    tenant: int = 0
    risk_flags: int = 0
    partition: int = 0
    credit_partition: int = 0
    kind: int = 0
    state: int = 0
    reason: int = 0
    leg: int = 0
    currency: int = 0
    risk_score: int = -1
    risk_model: int = 0
    epoch: int = 0
    """Of the writer; filled in when a batch is laid out."""
    key: str | None = None
    reference: str | None = None
    details: bytes | None = None
    expires_at: int | None = None


COLUMNS = Record.__struct_fields__
NEVER_NULL = COLUMNS[: COLUMNS.index("key")]
_BYTES = {
    "payment": "S16", "trace": "S16", "tenant": ">i4", "risk_flags": ">i4",
    "partition": ">i2", "credit_partition": ">i2", "kind": ">i2", "state": ">i2", "reason": ">i2",
    "leg": ">i2", "currency": ">i2", "risk_score": ">i2", "risk_model": ">i2",
    "epoch": ">i4",
}  # fmt: skip
ROW = np.dtype([(name, _BYTES.get(name, ">i8")) for name in NEVER_NULL])
"""The columns that are never null, packed."""

Rows = NDArray[np.void]
"""Many records as columns, of ROW, (n,): those that have none of the columns that may be null."""


def rows(count: int) -> Rows:
    """So many records with a Record's defaults, to be filled in column by column."""
    blank = np.zeros(count, ROW)
    blank["risk_score"] = -1
    return blank
