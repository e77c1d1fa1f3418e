"""What answers to keyed requests say in their headers."""

REPLAYED = (b"idempotent-replayed", b"true")
PREFERENCE_APPLIED = ("Preference-Applied", "The wait that was allowed, when one was asked for.")
REPLAYED_HEADER = ("Idempotent-Replayed", "`true` when the key was known.")
KEYED_HEADERS = (REPLAYED_HEADER, PREFERENCE_APPLIED)


def applied(wait_s: float) -> tuple[bytes, bytes]:
    """The header that says that a wait was allowed."""
    return b"preference-applied", b"wait=%d" % wait_s
