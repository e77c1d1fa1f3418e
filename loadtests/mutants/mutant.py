"""One small change of a module's source, and the same change as a person tells it from others."""

from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """A module that is mutated. `path` is below the checkout, links followed."""

    module: str
    path: Path
    text: bytes


class Key(NamedTuple):
    """What a mutant is known by: no line number, so that edits elsewhere leave it as it is. Two
    changes of a function that read alike have one key."""

    module: str
    function: str
    operator: str
    before: str
    after: str


class Mutant(NamedTuple):
    key: Key
    path: Path
    line: int
    lines: tuple[int, int]
    """First and last of the statement, or of the head of a compound one: whoever ran any of them
    reached the mutant."""
    at_import: bool
    """It stands in no function's body: it runs when its module is imported, before any test."""
    mutated: bytes
    """The whole module."""
