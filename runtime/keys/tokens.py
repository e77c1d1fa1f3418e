"""What clients are given to name things by and to hand back, and can't read: ids and tokens.

A partition's sequences count what all tenants do, so none leaves the platform as it is. The keys
are made of the master key and the ledger's id: a ledger that is restored with its master key names
everything as before, and two ledgers nothing alike. A token says in plain which ledger gave it.
"""

import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from struct import Struct as Layout
from zlib import crc32

from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.keys.cipher import (
    KEY_BYTES,
    BlockCipher,
    DeterministicCipher,
    NotAuthentic,
)
from headrace.runtime.keys.master_key import MasterKey

SQL = load("headrace.runtime.keys", "tokens")

_FORM = re.compile(r"([0-9a-f]{8})([A-Za-z0-9_-]{2,})")
_record = Layout(">IHQxx").pack


CHECK_BYTES = 2
"""By which any ledger tells another's token from what is none."""


class NotAToken(ValueError):
    """It was not given for this, or was changed."""


class OfAnotherLedger(NotAToken):
    """A ledger gave it that this one does not continue."""


class Tokens:
    """Of one ledger."""

    def __init__(self, master: MasterKey, ledger: str) -> None:
        """`ledger`: its id, 8 hexadecimal digits."""
        salt = ledger.encode()
        self._ledger = ledger
        self._ids = BlockCipher(master.derived(b"headrace ids", salt))
        self._sealing = DeterministicCipher(master.derived(b"headrace cursors", salt))
        self.positions = BlockCipher(master.derived(b"headrace places", salt))
        """Of places in a stream."""

    def id_of(self, tenant: int, partition: int, seq: int) -> str:
        """Of a tenant's record, by its place in the journal: 32 hexadecimal digits, always the
        same."""
        return self._ids.encipher(_record(tenant, partition, seq)).hex()

    def given(self, content: bytes) -> str:
        """Some bytes that clients may see, as a token: safe in an address, a header, a shell."""
        return _token(self._ledger, content)

    def taken(self, token: str) -> bytes:
        """The bytes that a token was given for. Raises NotAToken, OfAnotherLedger."""
        form = _FORM.fullmatch(token)
        if form is None:
            raise NotAToken(token)
        ledger, body = form.groups()
        try:
            content = urlsafe_b64decode(body + "=" * (-len(body) % 4))[:-CHECK_BYTES]
        except ValueError as error:
            raise NotAToken(token) from error
        if _token(ledger, content) != token:
            raise NotAToken(token)
        if ledger != self._ledger:
            raise OfAnotherLedger(token)
        return content

    def sealed(self, text: bytes, bound_to: Sequence[bytes]) -> str:
        """A token of bytes that clients must not see, good only for what it is bound to."""
        return self.given(self._sealing.seal(text, bound_to))

    def opened(self, token: str, bound_to: Sequence[bytes]) -> bytes:
        """Raises NotAToken, OfAnotherLedger."""
        try:
            return self._sealing.open(self.taken(token), bound_to)
        except NotAuthentic as error:
            raise NotAToken(token) from error


def _token(ledger: str, content: bytes) -> str:
    check = crc32(content, crc32(ledger.encode())).to_bytes(4, "big")[-CHECK_BYTES:]
    return ledger + urlsafe_b64encode(content + check).decode().rstrip("=")


def passing() -> Tokens:
    """Of no ledger: what they name and give nobody else knows."""
    return Tokens(MasterKey(os.urandom(KEY_BYTES)), os.urandom(4).hex())


async def of_ledger(db: Database, master: MasterKey) -> Tokens:
    """LookupError where the ledger was not founded by this version."""
    ledger: str | None = await db.fetchval(SQL["ledger"])
    if ledger is None:
        raise LookupError("the ledger has no id: `headrace migrate` gives it one")
    return Tokens(master, ledger)
