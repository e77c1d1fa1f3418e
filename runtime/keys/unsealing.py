"""Personal text read back: the keys of a whole page are fetched at once and kept nowhere."""

from collections.abc import Sequence
from enum import Enum

import structlog

from headrace.runtime.database.connect import Database
from headrace.runtime.keys import subject_keys
from headrace.runtime.keys.cipher import Cipher, NotAuthentic
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.sealed_text import KeyName, Where, key_of, unseal

log = structlog.get_logger("headrace.keys")


class Lost(Enum):
    """Why a text can't be read."""

    FORGOTTEN = 1
    """Its key was destroyed, or there is no master key to open it with."""
    DAMAGED = 2
    """It, or its key, is not as it was written."""


async def unsealed(
    db: Database, master: MasterKey | None, texts: Sequence[tuple[Where, bytes]]
) -> list[bytes | Lost]:
    """Sealed texts of records in plain, in their order."""
    names = {name for _, text in texts if (name := key_of(text)) is not None}
    if master is None or not names:
        return [Lost.FORGOTTEN if key_of(text) else Lost.DAMAGED for _, text in texts]
    ciphers = _ciphers(master, await subject_keys.living(db, names))
    return [_plain(ciphers, where, text) for where, text in texts]


def _ciphers(master: MasterKey, living: dict[KeyName, bytes]) -> dict[KeyName, Cipher | None]:
    """None: the key is damaged."""
    ciphers: dict[KeyName, Cipher | None] = {}
    for name, wrapped in living.items():
        try:
            ciphers[name] = Cipher(master.unwrap(*name, wrapped))
        except NotAuthentic:
            log.error("subject_key_damaged", subject=name.subject, generation=name.generation)
            ciphers[name] = None
    return ciphers


def _plain(ciphers: dict[KeyName, Cipher | None], where: Where, text: bytes) -> bytes | Lost:
    name = key_of(text)
    if name is None:
        return Lost.DAMAGED
    if name not in ciphers:
        return Lost.FORGOTTEN
    cipher = ciphers[name]
    if cipher is None:
        return Lost.DAMAGED
    try:
        return unseal(cipher, where, text)
    except NotAuthentic:
        log.error("text_damaged", record=f"{where.partition}:{where.seq}")
        return Lost.DAMAGED
