"""What partition actors and the shared store of creditors' windows tell each other."""

from collections.abc import Iterable, Iterator
from struct import Struct as Layout
from struct import pack

import numpy as np
from msgspec import Struct, msgpack
from numpy.typing import NDArray

from headrace.runtime.risk.windows import STATE

OBSERVATIONS_PER_MESSAGE_MAX = 4_000
CREDITORS_PER_MESSAGE_MAX = 1_200
"""Either way a message stays below 100 KB."""


Observation = tuple[int, int, int]
"""A payment to a creditor: account number, microseconds of UTC, minor units."""


class Told(Struct, array_like=True):
    """What a sender has seen since its last message."""

    sender: int
    sequence: int
    """Of the observations among the sender's messages, from 1; a repeated one counts once."""
    observations: bytes = b""
    profiles: bytes = b""
    """Windows that go further back than the store's last answer did: it has lost them."""


encode_told = msgpack.Encoder().encode
decode_told = msgpack.Decoder(Told).decode

_profile = Layout(f"<q{STATE.itemsize}s")
_number = Layout("<q")


def encode_observations(rows: Iterable[Observation]) -> bytes:
    """In order; 24 bytes each."""
    numbers = [number for row in rows for number in row]
    return pack(f"<{len(numbers)}q", *numbers)


def decode_observations(data: bytes) -> NDArray[np.int64]:
    """(n, 3): creditor, occurred_at, amount. ValueError for another length than n * 24."""
    return np.frombuffer(data, "<i8").reshape(-1, 3)


def encode_profiles(rows: Iterable[tuple[int, bytes]]) -> bytes:
    """Creditors and the states of their windows; 72 bytes each."""
    return b"".join(_profile.pack(*row) for row in rows)


def decode_profiles(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Creditors and the states of their windows."""
    return _profile.iter_unpack(data)


def encode_numbers(numbers: Iterable[int]) -> bytes:
    """Account numbers; 8 bytes each."""
    every = list(numbers)
    return pack(f"<{len(every)}q", *every)


def decode_numbers(data: bytes) -> list[int]:
    """Account numbers."""
    return [number for (number,) in _number.iter_unpack(data)]
