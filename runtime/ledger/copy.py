"""Records as PostgreSQL's binary COPY (documentation of COPY, "Binary Format").

A row is a count of fields, then each field's length (int32, -1 for null) and bytes, all
big-endian. The journal's first columns are never null, so their part of a row has one layout,
which numpy lays out for all rows at once; only the four columns at the end are written row by row.
"""

from collections.abc import Sequence
from operator import attrgetter
from struct import Struct as Layout

import numpy as np

from headrace.runtime.ledger.record import Record

COLUMNS = Record.__struct_fields__
_FIXED = COLUMNS[: COLUMNS.index("key")]
_BYTES = {
    "payment": "S16", "trace": "S16", "tenant": ">i4", "risk_flags": ">i4",
    "partition": ">i2", "credit_partition": ">i2", "kind": ">i2", "state": ">i2", "reason": ">i2",
    "leg": ">i2", "currency": ">i2", "risk_score": ">i2", "risk_model": ">i2",
}  # fmt: skip
_PACKED = np.dtype([(name, _BYTES.get(name, ">i8")) for name in _FIXED])
_CODES = {"S16": "16s", ">i8": "q", ">i4": "i", ">i2": "h"}
_pack = Layout(">" + "".join(_CODES[_BYTES.get(name, ">i8")] for name in _FIXED)).pack
_ROW = np.dtype(
    [("fields", ">i2")]
    + [part for n in _FIXED for part in ((f"{n}_length", ">i4"), (n, _PACKED[n]))]
)
_fixed_of = attrgetter(*_FIXED)

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
POSTGRES_EPOCH_US = 946_684_800_000_000
"""2000-01-01 in microseconds since 1970: where PostgreSQL counts its timestamps from."""

_NULL = b"\xff\xff\xff\xff"
_NO_TAIL = _NULL * 4


def encode(records: Sequence[Record]) -> bytes:
    """The whole COPY stream of some records, header and trailer included."""
    packed = np.frombuffer(b"".join([_pack(*_fixed_of(r)) for r in records]), _PACKED)
    rows = np.empty(len(records), _ROW)
    rows["fields"] = len(COLUMNS)
    for name in _FIXED:
        rows[f"{name}_length"] = _PACKED[name].itemsize
        rows[name] = packed[name]
    rows["at"] -= POSTGRES_EPOCH_US
    rows["occurred_at"] -= POSTGRES_EPOCH_US
    fixed = rows.tobytes()
    width = _ROW.itemsize
    parts = [HEADER]
    for place, record in enumerate(records):
        parts.append(fixed[place * width : place * width + width])
        parts.append(_tail(record))
    parts.append(TRAILER)
    return b"".join(parts)


def _tail(record: Record) -> bytes:
    key, reference, details, expires_at = (
        record.key, record.reference, record.details, record.expires_at
    )  # fmt: skip
    if reference is None and details is None and expires_at is None:
        if key is None:
            return _NO_TAIL
        text = key.encode()
        return len(text).to_bytes(4, "big") + text + _NULL * 3
    moment = (
        None
        if expires_at is None
        else (expires_at - POSTGRES_EPOCH_US).to_bytes(8, "big", signed=True)
    )
    fields = (
        None if key is None else key.encode(),
        None if reference is None else reference.encode(),
        details,
        moment,
    )
    return b"".join(_NULL if f is None else len(f).to_bytes(4, "big") + f for f in fields)
