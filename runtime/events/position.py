"""How far a reader of events has come, as a token: a checkpoint, and the record told last after it.

A checkpoint's id says when it was made and nothing else. The record is one block, enciphered:

    tenant 4 bytes | partition 2 | sequence 6 | the record's time in microseconds, modulo 2^32, 4

The tenant is that of the stream (0: of all), which nobody else can resume. The time tells a record
from another that has its place in a history that went on from a backup.
"""

from struct import Struct as Layout
from struct import error as NotSo
from typing import NamedTuple

from headrace.runtime.journal.account_numbers import PARTITIONS_MAX
from headrace.runtime.keys.tokens import NotAToken, OfAnotherLedger, Tokens

_checkpoint = Layout(">q")
_record = Layout(">IHHII")
_END = 0xFFFF
"""In place of a partition: the checkpoint's own end, and no record."""


class InvalidPosition(ValueError):
    """No stream of this tenant gave it."""


class OtherHistory(InvalidPosition):
    """Another ledger's, or not in this one's history: it was given before a restore."""


class Expired(InvalidPosition):
    """What it refers to is no longer kept."""


class Place(NamedTuple):
    """A record, as far as a position says."""

    partition: int
    seq: int
    mark: int


def mark(at_us: int) -> int:
    """By which a record is known again, of its time."""
    return at_us & 0xFFFFFFFF


def encode(tokens: Tokens, tenant: int | None, checkpoint: int, place: Place | None) -> str:
    """After a record that was told since a checkpoint; None: at the end of its stretch."""
    partition, seq, known_by = place or (_END, 0, 0)
    record = _record.pack(tenant or 0, partition, seq >> 32, seq & 0xFFFFFFFF, known_by)
    return tokens.given(_checkpoint.pack(checkpoint) + tokens.positions.encipher(record))


def decode(tokens: Tokens, tenant: int | None, text: str) -> tuple[int, Place | None]:
    """Checkpoint and record. Raises InvalidPosition, OtherHistory."""
    try:
        content = tokens.taken(text)
    except OfAnotherLedger as error:
        raise OtherHistory(text) from error
    except NotAToken as error:
        raise InvalidPosition(text) from error
    try:
        (checkpoint,) = _checkpoint.unpack(content[: _checkpoint.size])
        record = tokens.positions.decipher(content[_checkpoint.size :])
        whose, partition, high, low, known_by = _record.unpack(record)
    except NotSo as error:
        raise InvalidPosition(text) from error
    place = Place(partition, high << 32 | low, known_by)
    at_end = place == (_END, 0, 0)
    if whose != (tenant or 0) or not (at_end or partition < PARTITIONS_MAX):
        raise InvalidPosition(text)
    return checkpoint, None if at_end else place
