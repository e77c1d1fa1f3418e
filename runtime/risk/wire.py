"""How a micro-batch travels to the risk deployment and back: both sides of both messages.

Request: feature set (u4, a checksum of FEATURES' names in order), rows (u4), then the matrix as
little-endian float32 in C order. Answer: model version (u4), rows (u4), then SCORED rows.
"""

from struct import Struct
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from headrace.runtime.risk.features import FEATURES, Matrix

SCORED = np.dtype([("outcome", "u1"), ("score", "<i2"), ("flags", "<i4")])
"""RiskOutcome, fraud probability in thousandths, RiskFlag bits; 7 bytes, packed."""

ScoredRows = NDArray[np.void]

FEATURE_SET = crc32(",".join(FEATURES).encode())

_header = Struct("<II")
_ROW_BYTES = 4 * len(FEATURES)


class WireError(Exception):
    """The other side speaks of other features, or the message is not whole."""


def encode_request(matrix: Matrix) -> bytes:
    """A batch to score."""
    return _header.pack(FEATURE_SET, len(matrix)) + matrix.tobytes()


def decode_request(data: bytes, rows_max: int) -> Matrix:
    """The batch, read only; WireError when it is not one of ours or larger than `rows_max`."""
    feature_set, rows = _read_header(data)
    if feature_set != FEATURE_SET:
        raise WireError("features of another version; roll the platform out as a whole")
    if rows > rows_max:
        raise WireError(f"{rows} rows, at most {rows_max}")
    if len(data) != _header.size + rows * _ROW_BYTES:
        raise WireError(f"{len(data)} bytes for {rows} rows")
    return np.frombuffer(data, "<f4", offset=_header.size).reshape(rows, len(FEATURES))


def encode_answer(version: int, scored: ScoredRows) -> bytes:
    """The answer to a batch."""
    return _header.pack(version, len(scored)) + scored.tobytes()


def decode_answer(data: bytes, rows: int) -> tuple[int, ScoredRows]:
    """Model version and SCORED rows of the answer to a batch of `rows`."""
    version, answered = _read_header(data)
    if answered != rows or len(data) != _header.size + rows * SCORED.itemsize:
        raise WireError(f"{answered} rows in {len(data)} bytes for {rows}")
    return version, np.frombuffer(data, SCORED, offset=_header.size)


def _read_header(data: bytes) -> tuple[int, int]:
    if len(data) < _header.size:
        raise WireError(f"{len(data)} bytes, no header")
    first, rows = _header.unpack_from(data)
    return first, rows
