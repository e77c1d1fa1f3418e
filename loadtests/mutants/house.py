"""What is mutated, and the tests that are to see it."""

from pathlib import Path
from typing import NamedTuple

import headrace
from headrace.loadtests.mutants.targets import CORE


class House(NamedTuple):
    """A checkout. Tests are files and folders below it."""

    root: Path
    modules: tuple[str, ...]
    package: str
    path: str
    """Where its packages are, below the root."""
    unit: tuple[str, ...]
    integration: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    explained: Path = Path(__file__).with_name("survivors.toml")


class NoCheckout(LookupError):
    """An installed wheel has no tests."""


def ours() -> House:
    root = Path(headrace.__file__).parents[2]
    if not (root / "tests" / "unit").is_dir():
        raise NoCheckout(f"{root} has no tests: mutants are made in a checkout")
    return House(
        root, CORE, "headrace", "src", unit=("tests/unit",), ignored=("tests/unit/loadtests",),
        integration=("tests/integration/actors", "tests/integration/ledger"),
    )  # fmt: skip
