"""AES-256, the one place that knows whose: the cryptography package.

It is imported with the first key that is used, not before: it takes 7 MB, which a process that
meets no personal text, and names nothing to clients, need not have.
"""

from collections.abc import Callable, Sequence

KEY_BYTES = 32
NONCE_BYTES = 12
"""Random ones serve for 2^32 texts under a key (NIST SP 800-38D, 8.3)."""
TAG_BYTES = 16
BLOCK_BYTES = 16


class NotAuthentic(Exception):
    """What is to be opened was changed, belongs elsewhere or is under another key."""


class Cipher:
    """AES-GCM under one key."""

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


class BlockCipher:
    """AES on single blocks of BLOCK_BYTES: a permutation, so that different blocks stay different.

    It hides what blocks say, and not that two are the same. A block is as authentic as it holds
    bytes that are known beforehand.
    """

    __slots__ = ("decipher", "encipher")

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher as Modes
        from cryptography.hazmat.primitives.ciphers.algorithms import AES
        from cryptography.hazmat.primitives.ciphers.modes import ECB

        blocks = Modes(AES(key), ECB())  # of single blocks
        self.encipher: Callable[[bytes], bytes] = blocks.encryptor().update
        self.decipher: Callable[[bytes], bytes] = blocks.decryptor().update


class DeterministicCipher:
    """AES-SIV (RFC 5297; two keys of 128 bits) under one key: the same text is the same sealed, and
    needs no nonce."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESSIV

        self._aead = AESSIV(key)

    def seal(self, text: bytes, bound_to: Sequence[bytes]) -> bytes:
        """TAG_BYTES longer than the text, of which there is at least a byte."""
        return self._aead.encrypt(text, list(bound_to))

    def open(self, sealed: bytes, bound_to: Sequence[bytes]) -> bytes:
        """Raises NotAuthentic."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._aead.decrypt(sealed, list(bound_to))
        except (InvalidTag, ValueError) as error:
            raise NotAuthentic from error
