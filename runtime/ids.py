"""UUIDv7 (RFC 9562, section 5.7) whose last 16 bits name the payment's home partition."""

from collections.abc import Callable, Iterator
from os import urandom

import numpy as np

_READ_AT_ONCE = 512
"""Asking the system for each id's bits would cost more than all the rest of it."""

NewPaymentId = Callable[[int, int], bytes]
"""A new payment id as 16 bytes, of a time in microseconds and a home partition: milliseconds, 58
random bits, partition."""


def _middles(random: Callable[[int], bytes]) -> Iterator[bytes]:
    """Bytes 6 to 13 of ids: version 7, 12 random bits, variant 2, 46 random bits."""
    while True:
        read = np.frombuffer(bytearray(random(8 * _READ_AT_ONCE)), np.uint8).reshape(-1, 8)
        read[:, 0] = read[:, 0] & 0x0F | 0x70
        read[:, 2] = read[:, 2] & 0x3F | 0x80
        whole = read.tobytes()
        for start in range(0, len(whole), 8):
            yield whole[start : start + 8]


def payment_ids(random: Callable[[int], bytes] = urandom) -> NewPaymentId:
    """A source of ids; one whose bytes come from a seed gives the same ids again."""
    next_middle = _middles(random).__next__

    def new_id(time_us: int, partition: int) -> bytes:
        milliseconds = (time_us // 1000).to_bytes(6, "big")
        return milliseconds + next_middle() + partition.to_bytes(2, "big")

    return new_id


payment_id = payment_ids()
"""From the system's own randomness."""


def text(payment: bytes) -> str:
    """The canonical 8-4-4-4-12 form of 16 bytes."""
    h = payment.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
