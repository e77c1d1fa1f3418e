"""A record: one thing that happened in a partition, and one row of the journal."""

from msgspec import Struct

NO_UUID = bytes(16)
NO_LEG = -1
"""Of a record that holds money for captures to come."""


class Record(Struct, kw_only=True, gc=False):
    """The journal's columns in their order (migrations/0001_journal.sql); times in microseconds.

    Always: `debit` is an account of `partition` and `credit` of `credit_partition`, and both
    partitions' sequences are carried (the same twice when they are one partition). An account
    that a record names but does not change has its balance repeated. 0 is no account.
    """

    seq: int
    credit_seq: int
    debit: int = 0
    credit: int = 0
    creditor: int = 0
    amount: int
    debit_posted: int = 0
    debit_held: int = 0
    credit_posted: int = 0
    credit_held: int = 0
    at: int
    occurred_at: int
    fingerprint: int = 0
    payment: bytes = NO_UUID
    trace: bytes = NO_UUID
    tenant: int
    risk_flags: int = 0
    partition: int
    credit_partition: int
    kind: int
    state: int = 0
    reason: int = 0
    leg: int = 0
    currency: int
    risk_score: int = -1
    risk_model: int = 0
    key: str | None = None
    reference: str | None = None
    details: bytes | None = None
    expires_at: int | None = None
