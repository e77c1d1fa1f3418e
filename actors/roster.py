"""Every actor of a platform: a line each, which supervisor, /metrics, chaos and load tests walk.

Classes are named, not imported: whoever only counts or kills processes needs none of them.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from headrace.actors.followers import FOLLOWERS
from headrace.runtime.settings.cell import CellSettings


class Actor(NamedTuple):
    """`made_by` is `module:name` of what makes it. A small one shares a process with others: it is
    made of the settings and its name there, and tells the figures of `area` (runtime/metrics) by
    `stats`. Any other is a process of its own for each number, made of number and name."""

    name: str
    made_by: str
    small: bool = False
    area: str = ""
    many: Callable[[CellSettings], int] = lambda cell: 1
    takes_payments: bool = False
    """The platform is ready when all of these are."""


ACTORS: tuple[Actor, ...] = (
    Actor(
        "account-partition", "headrace.actors.partition_process:PartitionProcess",
        many=lambda cell: cell.actors, takes_payments=True,
    ),
    Actor(
        "creditor-profiles", "headrace.actors.creditor_profiles:of_platform", small=True,
        area="creditor_profiles",
    ),
    *(
        Actor(row.name, "headrace.actors.followers:of_platform", small=True, area="follower")
        for row in FOLLOWERS
    ),
)  # fmt: skip

SHARED = "workers"
"""The process of small actors, where they share one."""
_WORKERS = "headrace.actors.workers:Workers"


class Process(NamedTuple):
    """A Ray worker to start and to watch, made of its arguments and its name."""

    name: str
    made_by: str
    arguments: tuple[object, ...]
    takes_payments: bool


def processes(cell: CellSettings, actors: Iterable[Actor] = ACTORS) -> list[Process]:
    """All that a platform has, in the order of the roster."""
    found: list[Process] = []
    shared: list[str] = []
    for actor in actors:
        if not actor.small:
            found += [
                Process(f"{actor.name}-{number}", actor.made_by, (number,), actor.takes_payments)
                for number in range(actor.many(cell))
            ]
        elif cell.small_actors_share:
            shared.append(actor.name)
        else:
            found.append(Process(actor.name, _WORKERS, ((actor.name,),), actor.takes_payments))
    if shared:
        found.append(Process(SHARED, _WORKERS, (tuple(shared),), False))
    return found


def process_of(small: str, cell: CellSettings) -> str:
    """The name of the process that a small actor runs in."""
    return SHARED if cell.small_actors_share else small


def classes() -> frozenset[str]:
    """Of the processes, by which the operating system's process table names them."""
    own = {actor.made_by.rpartition(":")[2] for actor in ACTORS if not actor.small}
    return frozenset({_WORKERS.rpartition(":")[2], *own})


def titles(name: str) -> tuple[str, ...]:
    """How the titles of an actor's processes begin, before its first call and after."""
    (made_by,) = (actor.made_by for actor in ACTORS if actor.name == name)
    return f"ray::{made_by.rpartition(':')[2]}", f"ray::{name}"
