"""By which pairs of metadata payments are found: the table of their keyed hashes.

The pairs themselves are sealed. Only payments that have some pay for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct, json

from headrace.runtime.database.area_table import AreaTable
from headrace.runtime.database.sql_by_name import load


class Found(NamedTuple):
    """A row, and its key: a payment that has a pair with this digest (keys/text_digest.py)."""

    digest: int
    payment: bytes


class _Text(Struct):
    metadata: dict[str, Any] | None = None


_decode = json.Decoder(_Text).decode


def pairs_of(metadata: Mapping[str, Any] | None) -> Iterator[str]:
    """The name, `=` and the value of each."""
    for name, value in (metadata or {}).items():
        if isinstance(value, str):
            yield f"{name}={value}"


def pairs_in(text: bytes) -> Iterator[str]:
    """Those of a payment's text, before it is sealed."""
    return pairs_of(_decode(text).metadata if b'"metadata":' in text else None)


def _columns(rows: Sequence[Found]) -> tuple[Any, ...]:
    return [row.digest for row in rows], [UUID(bytes=row.payment) for row in rows]


PAYMENT_METADATA: AreaTable[Found, Found] = AreaTable(
    "payment_metadata", load("headrace.runtime.payments", "metadata"), _columns
)
