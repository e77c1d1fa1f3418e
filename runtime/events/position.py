"""How far a reader of events has come: a sequence in each partition, written 0:1187,1:940."""

from collections.abc import Mapping


class InvalidPosition(ValueError):
    """Not written as a position is, or of a partition that the ledger does not have."""


def encode(position: Mapping[int, int]) -> str:
    """In the order of the partitions; those at their beginning are left out."""
    return ",".join(f"{p}:{seq}" for p, seq in sorted(position.items()) if seq)


def decode(text: str, partitions: int) -> dict[int, int]:
    """All partitions, those left out at their beginning. Raises InvalidPosition."""
    position = dict.fromkeys(range(partitions), 0)
    named = set()
    for part in text.split(",") if text else ():
        partition, _, seq = part.partition(":")
        if not (_is_number(partition) and _is_number(seq)):
            raise InvalidPosition(part)
        if int(partition) not in position or partition in named:
            raise InvalidPosition(part)
        named.add(partition)
        position[int(partition)] = int(seq)
    return position


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18 and text == str(int(text))
