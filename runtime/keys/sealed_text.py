"""A sealed text: what stands in the journal in place of personal text.

A byte that says so (no JSON text begins with it), subject and generation of the key, AES-GCM's
nonce, the text enciphered, and its tag. It is bound to its subject and to the record that it was
written in: moved to another it doesn't open.
"""

from struct import Struct as Layout
from typing import NamedTuple

from headrace.runtime.keys.cipher import NONCE_BYTES, TAG_BYTES, Cipher, NotAuthentic

MARK = b"\x01"
_head = Layout(">cqh")
_record = Layout(">qhhq16s").pack
_TEXT_FROM = _head.size + NONCE_BYTES
OVERHEAD_BYTES = _TEXT_FROM + TAG_BYTES
"""By so much is a sealed text longer."""


class KeyName(NamedTuple):
    """A subject's key: it has a new generation after the one before was destroyed."""

    subject: int
    generation: int


class Where(NamedTuple):
    """The record that a text belongs to."""

    partition: int
    seq: int
    payment: bytes
    """16 bytes."""


def is_sealed(text: bytes | None) -> bool:
    """Whether it is a sealed text and no plain JSON."""
    return text is not None and text[:1] == MARK


def key_of(sealed: bytes) -> KeyName | None:
    """Under which key it was sealed; None: it is too short to be a sealed text."""
    if len(sealed) < OVERHEAD_BYTES:
        return None
    _, subject, generation = _head.unpack_from(sealed)
    return KeyName(subject, generation)


def seal(cipher: Cipher, key: KeyName, where: Where, text: bytes, nonce: bytes) -> bytes:
    """`nonce`: NONCE_BYTES that were never used with the key."""
    return _head.pack(MARK, *key) + nonce + cipher.seal(nonce, text, _record(*key, *where))


def unseal(cipher: Cipher, where: Where, sealed: bytes) -> bytes:
    """Raises NotAuthentic when it was changed, moved or sealed under another key."""
    key = key_of(sealed)
    if key is None:
        raise NotAuthentic
    nonce = sealed[_head.size : _TEXT_FROM]
    return cipher.open(nonce, sealed[_TEXT_FROM:], _record(*key, *where))
