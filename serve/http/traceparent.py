"""W3C Trace Context: the trace id that a request brings, or a new one."""

import re
from os import urandom

_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?")


def trace_id(header: bytes | None) -> bytes:
    """16 bytes: those of a well-formed `traceparent` (level 1), random ones otherwise."""
    if header:
        found = _TRACEPARENT.fullmatch(header.strip())
        if found is not None:
            version, trace, parent, rest = found.groups()
            known = version == b"00" and rest is None
            if (known or (version not in (b"00", b"ff"))) and int(trace, 16) and int(parent, 16):
                return bytes.fromhex(trace.decode())
    return urandom(16)
