"""Records as PostgreSQL's binary COPY (documentation of COPY, "Binary Format").

A row is a count of fields, then each field's length (int32, -1 for null) and bytes, all
big-endian. The journal's first columns are never null, so their part of a row has one layout,
which numpy lays out for all rows at once; only the four columns at the end are written row by row.
"""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from struct import Struct as Layout

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from headrace.runtime.clock import POSTGRES_EPOCH_US
from headrace.runtime.journal.record import COLUMNS, NEVER_NULL, ROW, Record, Rows

_CODES = {"S16": "16s", ">i8": "q", ">i4": "i", ">i2": "h"}
_pack = Layout(">" + "".join(_CODES[ROW[name].str.lstrip("|")] for name in NEVER_NULL)).pack
_FIXED = np.dtype(
    [("fields", ">i2")]
    + [part for n in NEVER_NULL for part in ((f"{n}_length", ">i4"), (n, ROW[n]))]
)
_EMPTY = Layout(">h" + "".join(f"i{ROW[n].itemsize}x" for n in NEVER_NULL)).pack(
    len(COLUMNS), *(ROW[n].itemsize for n in NEVER_NULL)
)
_TAIL_FROM = len(NEVER_NULL)

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_NO_TAIL, _NO_MORE = _NULL * 4, _NULL * 3
_WHOLE = np.dtype([("fixed", _FIXED), ("tail", f"S{len(_NO_TAIL)}")])


def encode(
    records: Sequence[Record], columns: Sequence[Rows] = (), epochs: Mapping[int, int] | None = None
) -> bytes:
    """The whole COPY stream of some records, header and trailer included.

    Rows go in the order of their keys, so that two writers with the same keys wait for each other
    and never in a circle. `epochs`: of each partition; written in place of what the records say.
    """
    packs, tails = [], []
    for record in _by_key(records):
        fields = astuple(record)
        packs.append(_pack(*fields[:_TAIL_FROM]))
        tails.append(_tail(*fields[_TAIL_FROM:]))
    of_partition = None if epochs is None else _by_partition(epochs)
    laid_out = np.frombuffer(bytearray(_EMPTY * len(records)), _FIXED)
    _lay_out(laid_out, np.frombuffer(b"".join(packs), ROW), of_partition)
    fixed = laid_out.tobytes()
    width = _FIXED.itemsize
    parts = [HEADER]
    for row, tail in enumerate(tails):
        parts.append(fixed[row * width : row * width + width])
        parts.append(tail)
    if columns:
        rows = np.concatenate(columns)
        whole = np.frombuffer(bytearray((_EMPTY + _NO_TAIL) * len(rows)), _WHOLE)
        _lay_out(whole["fixed"], rows, of_partition)
        parts.append(whole.tobytes())
    parts.append(TRAILER)
    return b"".join(parts)


_key, _tenant_and_key = attrgetter("key"), attrgetter("tenant", "key")


def _by_key(records: Sequence[Record]) -> list[Record]:
    """Those with a key by tenant and key, behind the others."""
    keyed = [record for record in records if record.key is not None]
    others = [] if len(keyed) == len(records) else [r for r in records if r.key is None]
    one_tenant = len({record.tenant for record in keyed}) == 1
    keyed.sort(key=_key if one_tenant else _tenant_and_key)
    return others + keyed


def _by_partition(epochs: Mapping[int, int]) -> NDArray[np.int64]:
    found = np.zeros(max(epochs, default=0) + 1, np.int64)
    for partition, epoch in epochs.items():
        found[partition] = epoch
    return found


def _lay_out(
    laid_out: NDArray[np.void], rows: Rows, of_partition: NDArray[np.int64] | None
) -> None:
    for name in NEVER_NULL:
        laid_out[name] = rows[name]
    if of_partition is not None:
        laid_out["epoch"] = of_partition[rows["partition"]]
    laid_out["at"] -= POSTGRES_EPOCH_US
    laid_out["occurred_at"] -= POSTGRES_EPOCH_US


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
