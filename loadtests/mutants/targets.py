"""Which modules are mutated: by name, so that moving a file breaks nothing."""

from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

from headrace.loadtests.mutants.mutant import Source

CORE = (
    "headrace.runtime.payments",
    "headrace.runtime.refusals",
    "headrace.runtime.database",
    "headrace.runtime.journal",
    "headrace.runtime.ledger",
    "headrace.actors.account_partition",
    "headrace.actors.turns",
    "headrace.actors.memory",
    "headrace.actors.due",
    "headrace.actors.scoring",
    "headrace.actors.counts",
    "headrace.actors.leg_waiters",
    "headrace.actors.deciding",
    "headrace.actors.debtor_order",
    "headrace.actors.intake",
    "headrace.actors.leg_sender",
    "headrace.actors.known_keys",
    "headrace.actors.writer",
)
"""Modules, and packages with all that is in them: what decides about money and writes it down."""


class NoSuchModule(LookupError):
    """A module of the list is gone: name the one that took its place."""


def sources(names: Iterable[str], root: Path) -> list[Source]:
    """In the order of their names. `root` is the checkout that they belong to."""
    found = {spec.name: spec for name in names for spec in _specs(name)}
    return [
        Source(name, path.relative_to(root.resolve()), path.read_bytes())
        for name, spec in sorted(found.items())
        if spec.origin is not None and (path := Path(spec.origin).resolve()).suffix == ".py"
    ]


def _specs(name: str) -> Iterator[ModuleSpec]:
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        spec = None
    if spec is None:
        raise NoSuchModule(f"{name}: there is no such module")
    yield spec
    for part in iter_modules(spec.submodule_search_locations or []):
        yield from _specs(f"{name}.{part.name}")
