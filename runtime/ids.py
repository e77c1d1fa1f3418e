"""UUIDv7 (RFC 9562, section 5.7) whose last 16 bits name the payment's home partition."""

from collections.abc import Iterator
from os import urandom
from struct import unpack

_BITS, _LOW = 58, 46
"""Random bits of an id, and how many of them stand behind its variant."""
_READ_AT_ONCE = 512
"""Asking the system for each id's bits would cost more than all the rest of it."""


def _random_bits() -> Iterator[int]:
    while True:
        for number in unpack(f"{_READ_AT_ONCE}Q", urandom(8 * _READ_AT_ONCE)):
            yield number >> (64 - _BITS)


_next_bits = _random_bits().__next__


def payment_id(time_us: int, partition: int) -> bytes:
    """A new payment id as 16 bytes: milliseconds, 58 random bits, home partition."""
    bits = _next_bits()
    high, low = bits >> _LOW, bits & ((1 << _LOW) - 1)
    number = time_us // 1000 << 80 | 7 << 76 | high << 64 | 2 << 62 | low << 16 | partition
    return number.to_bytes(16, "big")


def text(payment: bytes) -> str:
    """The canonical 8-4-4-4-12 form of 16 bytes."""
    h = payment.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
