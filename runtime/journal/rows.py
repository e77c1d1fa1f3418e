"""Rows of the journal as its readers get them."""

from datetime import UTC, datetime

from asyncpg import Record as Row

from headrace.runtime.clock import to_us
from headrace.runtime.journal.record import Record


def record_of(row: Row) -> Record:
    """A whole row as a record."""
    values = dict(row)
    for name in ("payment", "trace"):
        values[name] = values[name].bytes
    for name in ("at", "occurred_at"):
        values[name] = to_us(values[name])
    expires_at: datetime | None = values["expires_at"]
    values["expires_at"] = None if expires_at is None else to_us(expires_at.astimezone(UTC))
    return Record(**values)
