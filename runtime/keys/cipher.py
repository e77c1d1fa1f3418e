"""AES-256-GCM, the one place that knows whose: the cryptography package.

It is imported with the first key that is used, not before: it takes 7 MB, which a process that
meets no personal text need not have.
"""

KEY_BYTES = 32
NONCE_BYTES = 12
"""Random ones serve for 2^32 texts under a key (NIST SP 800-38D, 8.3)."""
TAG_BYTES = 16


class NotAuthentic(Exception):
    """What is to be opened was changed, belongs elsewhere or is under another key."""


class Cipher:
    """Of one key."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        self._aead = AESGCM(key)

    def seal(self, nonce: bytes, text: bytes, bound_to: bytes) -> bytes:
        """TAG_BYTES longer than the text. `nonce`: NONCE_BYTES, never used with the key before."""
        return self._aead.encrypt(nonce, text, bound_to)

    def open(self, nonce: bytes, sealed: bytes, bound_to: bytes) -> bytes:
        """Raises NotAuthentic."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._aead.decrypt(nonce, sealed, bound_to)
        except (InvalidTag, ValueError) as error:
            raise NotAuthentic from error
