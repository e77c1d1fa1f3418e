"""A record: one thing that happened in a partition, and one row of the journal."""

from msgspec import Struct

NO_UUID = bytes(16)


class Record(Struct, gc=False):
    """Fields as the journal's columns (migrations/0001_journal.sql); times in microseconds.

    Always: `debit` is an account of `partition` and `credit` of `credit_partition`; an account
    that a record names but does not change has its balance repeated. 0 is no account.
    """

    partition: int
    seq: int
    kind: int
    at: int
    tenant: int
    currency: int
    amount: int
    payment: bytes = NO_UUID
    state: int = 0
    leg: int = 0
    debit: int = 0
    debit_posted: int = 0
    debit_held: int = 0
    credit: int = 0
    credit_partition: int = 0
    credit_seq: int = 0
    credit_posted: int = 0
    credit_held: int = 0
    creditor: int = 0
    occurred_at: int = 0
    reason: int = 0
    risk_score: int = -1
    risk_flags: int = 0
    risk_model: int = 0
    fingerprint: int = 0
    trace: bytes = NO_UUID
    key: str | None = None
    reference: str | None = None
    details: bytes | None = None
