"""Records as PostgreSQL's binary COPY (documentation of COPY, "Binary Format").

A row is a count of fields, then each field's length (int32, -1 for null) and bytes, all
big-endian. The journal's first columns are never null, so their part of a row has one layout,
which numpy lays out for all rows at once; only the four columns at the end are written row by row.
"""

from collections.abc import Sequence
from struct import Struct as Layout

import numpy as np
from msgspec.structs import astuple

from headrace.runtime.clock import POSTGRES_EPOCH_US
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
_EMPTY_ROW = Layout(">h" + "".join(f"i{_PACKED[n].itemsize}x" for n in _FIXED)).pack(
    len(COLUMNS), *(_PACKED[n].itemsize for n in _FIXED)
)
_TAIL_FROM = len(_FIXED)

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_NO_TAIL, _NO_MORE = _NULL * 4, _NULL * 3


def encode(records: Sequence[Record]) -> bytes:
    """The whole COPY stream of some records, header and trailer included."""
    packs, tails = [], []
    for record in records:
        fields = astuple(record)
        packs.append(_pack(*fields[:_TAIL_FROM]))
        tails.append(_tail(*fields[_TAIL_FROM:]))
    packed = np.frombuffer(b"".join(packs), _PACKED)
    rows = np.frombuffer(bytearray(_EMPTY_ROW * len(records)), _ROW)
    for name in _FIXED:
        rows[name] = packed[name]
    rows["at"] -= POSTGRES_EPOCH_US
    rows["occurred_at"] -= POSTGRES_EPOCH_US
    fixed = rows.tobytes()
    width = _ROW.itemsize
    parts = [HEADER]
    for place, tail in enumerate(tails):
        parts.append(fixed[place * width : place * width + width])
        parts.append(tail)
    parts.append(TRAILER)
    return b"".join(parts)


def _tail(
    key: str | None, reference: str | None, details: bytes | None, expires_at: int | None
) -> bytes:
    if reference is None and details is None and expires_at is None:
        if key is None:
            return _NO_TAIL
        text = key.encode()
        return len(text).to_bytes(4, "big") + text + _NO_MORE
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
