"""The followers of the journal: a line each. All run as small actors (actors/roster.py)."""

from pkgutil import resolve_name
from typing import NamedTuple

from headrace.runtime.endless import endless
from headrace.runtime.following.follower import Follower
from headrace.runtime.ledger import fencing
from headrace.runtime.settings import Settings


class Row(NamedTuple):
    """`effect` is `module:name` of what makes its Effect of the settings."""

    name: str
    effect: str


FOLLOWERS: tuple[Row, ...] = ()


def of_platform(settings: Settings, name: str) -> Follower:
    """One of them, following from now on; within the running event loop."""
    (effect,) = (row.effect for row in FOLLOWERS if row.name == name)
    follower = Follower(
        name, resolve_name(effect)(settings), fencing.ends, range(settings.cell.partitions),
        settings.followers, settings.ledger,
    )  # fmt: skip
    endless(f"{name} follows", follower.run)
    return follower
