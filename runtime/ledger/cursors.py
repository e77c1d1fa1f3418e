"""Where a page of a list ended: opaque to clients, and good for that list only."""

from base64 import urlsafe_b64decode, urlsafe_b64encode


class InvalidCursor(ValueError):
    """No page of this list ended so."""


def encode(listing: str, key: str | int) -> str:
    """The cursor for what follows a key of a list."""
    return urlsafe_b64encode(f"{listing}/{key}".encode()).decode().rstrip("=")


def decode(listing: str, cursor: str) -> str:
    """The key; InvalidCursor when it is none of this list's."""
    try:
        text = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        raise InvalidCursor(cursor) from error
    found, _, key = text.partition("/")
    if found != listing or not key or "\0" in key:  # no text of PostgreSQL's holds that
        raise InvalidCursor(cursor)
    return key


def decode_number(listing: str, cursor: str) -> int:
    """A key that is a sequence."""
    key = decode(listing, cursor)
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        raise InvalidCursor(cursor)
    return int(key)
