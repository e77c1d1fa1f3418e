"""Tokens of a ledger that every test may know, and what only a ledger can tell of its ids."""

from headrace.runtime.keys.cipher import BlockCipher
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.tokens import Tokens

LEDGER = "4f1c09ab"
MASTER = MasterKey(bytes(32))
TOKENS = Tokens(MASTER, LEDGER)


def record_id_of(id: str, tokens: Tokens = TOKENS) -> tuple[int, int]:
    """Partition and sequence that an id stands for."""
    blocks: BlockCipher = tokens._ids
    block = blocks.decipher(bytes.fromhex(id))
    assert block[14:] == bytes(2), f"{id} is no id of this ledger's"
    return int.from_bytes(block[4:6], "big"), int.from_bytes(block[6:14], "big")
