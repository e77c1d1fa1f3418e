"""Mutants that may survive, each with its reason: `survivors.toml`."""

import tomllib
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import msgspec

from headrace.loadtests.mutants.mutant import Key


class Explanation(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Of every mutant with this key; `why` it changes nothing, or nothing that matters."""

    module: str
    function: str
    operator: str
    before: str
    after: str
    why: str

    @property
    def key(self) -> Key:
        return Key(self.module, self.function, self.operator, self.before, self.after)


class _List(msgspec.Struct, forbid_unknown_fields=True):
    mutant: list[Explanation] = []


class BadList(ValueError):
    """The list can't be read, tells one mutant twice or gives no reason."""


def read(path: Path) -> dict[Key, str]:
    """Reasons by mutant."""
    try:
        listed = msgspec.convert(tomllib.loads(path.read_text()), _List).mutant
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadList(f"{path}: {error}") from error
    counts = Counter(explanation.key for explanation in listed)
    if twice := [key for key, count in counts.items() if count > 1]:
        raise BadList(f"{path}: told twice: {twice}")
    if silent := [e.key for e in listed if not e.why.strip()]:
        raise BadList(f"{path}: without a reason: {silent}")
    return {explanation.key: explanation.why for explanation in listed}


def stale(reasons: dict[Key, str], made: Collection[Key]) -> list[Key]:
    """Explained, though nothing of the kind can be made any more."""
    known = set(made)
    return [key for key in reasons if key not in known]
