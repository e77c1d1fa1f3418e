"""What stands for a personal text in a fingerprint, which is never forgotten, and what payments are
found by that have a pair of metadata.

A plain hash of few words beside all else that was asked says whether a guess is right, also when
the text's key was destroyed. So it is made with a key of the platform's own: whoever has the
database alone can't try.
"""

from hashlib import blake2b

DIGEST_BYTES = 16


class TextDigest:
    """Stays the same for a ledger's life: keys that were used with a text are known by it."""

    def __init__(self, key: bytes) -> None:
        """At most 64 bytes."""
        self._key = key

    def of(self, text: bytes | None) -> bytes | None:
        """None: there is no text."""
        if text is None:
            return None
        return blake2b(text, digest_size=DIGEST_BYTES, key=self._key).digest()


class PairDigest:
    """Of a tenant's pairs of metadata, by which its payments are found while they can be read."""

    def __init__(self, key: bytes) -> None:
        """At most 64 bytes; another than that of texts."""
        self._key = key

    def of(self, tenant: int, pair: str) -> int:
        """Signed 64 bits; `pair` is the name, `=` and the value."""
        told = tenant.to_bytes(4, "big") + pair.encode()
        return int.from_bytes(blake2b(told, digest_size=8, key=self._key).digest(), signed=True)
