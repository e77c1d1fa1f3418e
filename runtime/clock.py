"""Time as the ledger keeps it: integer microseconds of UTC since 1970-01-01."""

import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

DAY_US = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
POSTGRES_EPOCH_US = 946_684_800_000_000
"""2000-01-01 in microseconds since 1970: where PostgreSQL's binary timestamps count from."""


def now_us() -> int:
    """The wall clock, in microseconds."""
    return time.time_ns() // 1000


def to_us(moment: datetime) -> int:
    """Microseconds of an aware datetime, exactly."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_us(us: int) -> datetime:
    """The aware UTC datetime of a number of microseconds."""
    return EPOCH + timedelta(microseconds=us)


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds, so that texts sort as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def iso_us(us: int) -> str:
    """The same of a number of microseconds."""
    seconds, rest = divmod(us, 1_000_000)
    return f"{_iso_seconds(seconds)}.{rest:06d}Z"


@lru_cache(maxsize=256)
def _iso_seconds(seconds: int) -> str:
    """Up to the seconds: most of what is told is of this moment, and of few seconds."""
    return (EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()
