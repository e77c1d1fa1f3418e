"""What a check found."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from headrace.runtime.database.connect import Connection


class Found(NamedTuple):
    """`figure` is what was looked at or came out. How much is `wrong`, and where first; how much is
    `late`: right so far, but in need of a look, and what first."""

    figure: str
    wrong: int = 0
    first: str | None = None
    late: int = 0
    latest: str | None = None


Ask = Callable[[Connection], Awaitable[Found]]
"""A check, on a connection whose transaction sees the snapshot."""
