"""Doors: what is served under an address, to whom, and how it is turned down."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from headrace.serve.http import reply
from headrace.serve.http.caller import Caller
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import Reply
from headrace.serve.http.route import Family, Route

Ask = Callable[[dict[bytes, bytes]], Awaitable[Caller]]
"""Who sent these headers; raises Problem(UNAUTHENTICATED, KEY_EXPIRED, FORBIDDEN)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Door:
    """One door. Every path of its families begins with its prefix; what has no path of any family
    is turned down by the door with the longest prefix that fits."""

    prefix: str
    families: tuple[Family, ...]
    ask: Callable[[Any], Ask] | None = None
    """Of what handlers work with: whom to ask who the caller is. None: the door asks nobody, and
    all its routes are open."""
    problem: Callable[[Problem], Reply] = reply.problem
    """The form in which it turns a request down."""

    def __post_init__(self) -> None:
        for route in self.routes():
            if not route.path.startswith(self.prefix):
                raise ValueError(f"{route.path} is not behind the door {self.prefix}")
            if self.ask is None and route.least is not None:
                raise ValueError(f"{route.path} takes a rank, and its door asks nobody")

    def routes(self) -> list[Route]:
        """All of its families'."""
        return [route for family in self.families for route in family.routes]


def routes(doors: Iterable[Door]) -> list[Route]:
    """All routes of all doors, in the reference's order."""
    return [route for door in doors for route in door.routes()]
