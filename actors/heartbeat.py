"""What a partition actor answers when asked whether it lives: at once, whatever it is doing."""

from enum import Enum
from typing import NamedTuple


class State(Enum):
    """Of a partition actor."""

    STARTING = 1
    """Its worker is new: it puts itself together, takes its partitions over and loads."""
    READY = 2
    """It takes payments."""
    NOT_READY = 3
    """It has its partitions and doesn't take payments: the ledger is away, or it loads again."""
    STANDING_BY = 4
    """Another Ray cluster has its partitions; it takes them over when that one has gone."""


class Heartbeat(NamedTuple):
    """`incarnation` is another one when Ray has started the worker again."""

    incarnation: str
    state: State
