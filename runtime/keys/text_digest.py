"""What stands for a personal text in a fingerprint, which is never forgotten.

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
