"""Ids and moments that all examples share, so that they tell of one payment."""

PAYMENT_ID = "0197f2a4-6a00-7c31-9b52-3e1d0c4f0003"
AT = "2026-03-01T12:00:00.000000Z"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
RECORD_ID = "d9b3f1a27c5e4086b1f09c3e7a52d864"
"""Of an event, an entry of a statement or a timeline, a deposit."""
