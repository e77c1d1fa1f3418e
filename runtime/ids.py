"""UUIDv7 (RFC 9562, section 5.7) whose last 16 bits name the payment's home partition."""

from os import urandom


def payment_id(time_us: int, partition: int) -> bytes:
    """A new payment id as 16 bytes: milliseconds, 58 random bits, home partition."""
    random = bytearray(urandom(8))
    random[0] = 0x70 | (random[0] & 0x0F)
    random[2] = 0x80 | (random[2] & 0x3F)
    return (time_us // 1000).to_bytes(6, "big") + bytes(random) + partition.to_bytes(2, "big")


def text(payment: bytes) -> str:
    """The canonical 8-4-4-4-12 form of 16 bytes."""
    h = payment.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
