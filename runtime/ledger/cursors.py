"""Where a page of a list ended: opaque to clients, and good for that list only."""

from base64 import urlsafe_b64decode, urlsafe_b64encode


class InvalidCursor(ValueError):
    """No page of this list ended so."""


def encode(listing: str, place: str | int) -> str:
    """The cursor for what follows a place of a list."""
    return urlsafe_b64encode(f"{listing}/{place}".encode()).decode().rstrip("=")


def decode(listing: str, cursor: str) -> str:
    """The place; InvalidCursor when it is none of this list's."""
    try:
        text = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
    except ValueError as error:
        raise InvalidCursor(cursor) from error
    found, _, place = text.partition("/")
    if found != listing or not place or "\0" in place:  # no text of PostgreSQL's holds that
        raise InvalidCursor(cursor)
    return place


def decode_number(listing: str, cursor: str) -> int:
    """A place that is a sequence."""
    place = decode(listing, cursor)
    if not place.isascii() or not place.isdigit() or len(place) > 18:
        raise InvalidCursor(cursor)
    return int(place)
