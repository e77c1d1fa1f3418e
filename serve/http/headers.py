"""A request's header fields by name, each with one value."""

from collections.abc import Iterable

SINGLE = frozenset({
    b"authorization", b"content-length", b"content-type", b"date", b"from", b"headrace-tenant",
    b"host", b"idempotency-key", b"if-modified-since", b"if-range", b"if-unmodified-since",
    b"last-event-id", b"max-forwards", b"proxy-authorization", b"referer", b"user-agent",
})  # fmt: skip
"""Fields that have one value and may stand once. All others are lists, as far as we know them;
`traceparent` twice is none of W3C's, and so no trace at all."""


def by_name(fields: Iterable[tuple[bytes, bytes]]) -> tuple[dict[bytes, bytes], str]:
    """The fields, and the name of one that stands twice and may not; the lines of a list are one
    value, joined in their order (RFC 9110, section 5.3)."""
    told: dict[bytes, bytes] = {}
    repeated = b""
    for name, value in fields:
        if name not in told:
            told[name] = value
        elif name in SINGLE:
            repeated = repeated or name
        else:
            told[name] += b", " + value
    return told, repeated.decode("latin-1").title()
