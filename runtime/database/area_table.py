"""A table that an area keeps beside the journal: a batch writes its rows in its own commit.

One AreaTable beside the area's SQL is all: a decider puts rows of it into the batch (or the book,
where it decides on them), the commit writes them, and a batch that is taken back takes them along.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from headrace.runtime.database.connect import Database

Key = TypeVar("Key")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class AreaTable(Generic[Key, Row]):
    """Rows are known by their keys, tables by their names. Its statements are `put_<name>`, which
    inserts rows or puts them in the place of those that are there, and, where rows end,
    `end_<name>`."""

    name: str
    sql: Mapping[str, str] = field(compare=False)
    """Its statements by name."""
    columns: Callable[[Sequence[Row]], tuple[Any, ...]] = field(compare=False)
    """Rows as the arguments of `put_<name>`."""
    ended: Callable[[Sequence[Key]], tuple[Any, ...]] | None = field(default=None, compare=False)
    """Keys as the arguments of `end_<name>`; None: rows stay for good."""
    load: Callable[[Database, Collection[Key]], Awaitable[Mapping[Key, Row]]] | None = field(
        default=None, compare=False
    )
    """Those of some rows that there are, for deciders that ask what they say; None: nobody does,
    and they aren't kept in memory."""

    def __post_init__(self) -> None:
        """KeyError where a statement is missing."""
        self.sql[f"put_{self.name}"]
        if self.ended is not None:
            self.sql[f"end_{self.name}"]

    async def found(self, db: Database, keys: Collection[Key]) -> Mapping[Key, Row]:
        """As `load` finds them. LookupError when nobody can ask for its rows."""
        if self.load is None:
            raise LookupError(f"rows of {self.name} are not kept in memory")
        return await self.load(db, keys)
