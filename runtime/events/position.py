"""How far a reader of events has come, as a token: a checkpoint, and the record told last since.

A checkpoint's id says when it was made and nothing else. The record is one block, enciphered:

    tenant 4 bytes | partition 2 | sequence 6 | the record's time in microseconds, modulo 2^32, 4

Beyond the checkpoint's stretch some more blocks say what was told last of other partitions, as long
as these are few; else whoever goes on from there gets it again.

The tenant is that of the stream (0: of all), which nobody else can resume. The time tells a record
from another that has its place in a history that went on from a backup.
"""

from collections.abc import Sequence
from struct import Struct as Layout
from typing import NamedTuple

from headrace.runtime.journal.account_numbers import PARTITIONS_MAX
from headrace.runtime.keys.tokens import NotAToken, OfAnotherLedger, Tokens

_checkpoint = Layout(">q")
_record = Layout(">IHHII")
REFS_MAX = 4
"""Records that a position names."""


class InvalidPosition(ValueError):
    """No stream of this tenant gave it."""


class OtherHistory(InvalidPosition):
    """Another ledger's, or not in this one's history: it was given before a restore."""


class Expired(InvalidPosition):
    """What it refers to is no longer kept."""


class RecordRef(NamedTuple):
    """A record, as far as a position says."""

    partition: int
    seq: int
    mark: int


_END = RecordRef(0xFFFF, 0, 0)
"""In place of a record: the end of the checkpoint's stretch."""


def mark(at_us: int) -> int:
    """By which a record is known again, of its time."""
    return at_us & 0xFFFFFFFF


def encode(tokens: Tokens, tenant: int | None, checkpoint: int, refs: Sequence[RecordRef]) -> str:
    """After records that were told since a checkpoint, the last first; none: at the end of its
    stretch."""
    blocks = (
        _record.pack(tenant or 0, partition, seq >> 32, seq & 0xFFFFFFFF, known_by)
        for partition, seq, known_by in refs or (_END,)
    )
    return tokens.given(
        _checkpoint.pack(checkpoint) + b"".join(map(tokens.positions.encipher, blocks))
    )


def decode(tokens: Tokens, tenant: int | None, text: str) -> tuple[int, list[RecordRef]]:
    """Checkpoint and records. Raises InvalidPosition, OtherHistory."""
    try:
        content = tokens.taken(text)
    except OfAnotherLedger as error:
        raise OtherHistory(text) from error
    except NotAToken as error:
        raise InvalidPosition(text) from error
    head, blocks = content[: _checkpoint.size], content[_checkpoint.size :]
    count, rest = divmod(len(blocks), _record.size)
    if rest or not 0 < count <= REFS_MAX:
        raise InvalidPosition(text)
    refs = []
    for record in _record.iter_unpack(tokens.positions.decipher(blocks)):
        whose, partition, high, low, known_by = record
        refs.append(RecordRef(partition, high << 32 | low, known_by))
        if whose != (tenant or 0) or not (partition < PARTITIONS_MAX or refs == [_END]):
            raise InvalidPosition(text)
    (checkpoint,) = _checkpoint.unpack(head)
    if len({ref.partition for ref in refs}) < count:
        raise InvalidPosition(text)
    return checkpoint, [] if refs == [_END] else refs
