"""Where a page of a list ended: opaque to clients, and good for that list of that tenant only."""

from headrace.runtime.keys.tokens import NotAToken, OfAnotherLedger, Tokens


class InvalidCursor(ValueError):
    """No page of this list ended so."""


class OfAnotherHistory(InvalidCursor):
    """Another ledger's, or beyond this one's end: it was given before a restore."""


class Cursors:
    """Of one ledger's lists."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def encode(self, listing: str, tenant: int, key: str | int) -> str:
        """The cursor for what follows a key of a list."""
        return self._tokens.sealed(str(key).encode(), _bound_to(listing, tenant))

    def decode(self, listing: str, tenant: int, cursor: str) -> str:
        """The key. Raises InvalidCursor, OfAnotherHistory."""
        try:
            return self._tokens.opened(cursor, _bound_to(listing, tenant)).decode()
        except OfAnotherLedger as error:
            raise OfAnotherHistory(cursor) from error
        except NotAToken as error:
            raise InvalidCursor(cursor) from error

    def decode_number(self, listing: str, tenant: int, cursor: str, most: int) -> int:
        """A key that is a number, up to `most`, beyond which there is nothing yet."""
        key = int(self.decode(listing, tenant, cursor))
        if key > most:
            raise OfAnotherHistory(cursor)
        return key


def _bound_to(listing: str, tenant: int) -> list[bytes]:
    return [listing.encode(), tenant.to_bytes(4, "big")]
