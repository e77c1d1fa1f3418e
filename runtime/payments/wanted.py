"""What a batch of commands needs and the book lacks, as their needs tell it (needs.py)."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from headrace.runtime.database.area_table import AreaTable
from headrace.runtime.database.area_table import Key as RowKey
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import PostLegs
from headrace.runtime.payments.open_leg import ShownLegs

Key = tuple[int, str]
"""A tenant's account by its id."""
Legs = Mapping[int, ShownLegs]
"""By the index of their command in the batch."""


class Wanted:
    """Told in two steps: what can be named at once, and, when that has been looked for, what
    follows from it (`later`)."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.ids: set[Key] = set()
        """Accounts of the book's own partitions."""
        self.creditors: set[Key] = set()
        """Accounts elsewhere, to be paid."""
        self.payments: set[bytes] = set()
        self.legs: dict[int, PostLegs] = {}
        """By their index: whose legs the ledger is to show."""
        self.limits: set[Key] = set()
        """Accounts whose day's counters must be true."""
        self.opened_as: set[Key] = set()
        """Accounts that are asked to be opened, perhaps again."""
        self.astray: set[int] = set()
        """Places of commands for partitions that are not the book's."""
        self.numbers: set[int] = set()
        """Accounts by number; those of others are left out when they are loaded."""
        self.system: set[int] = set()
        """External and transit accounts by number."""
        self.subjects: set[int] = set()
        """Whose personal text is brought."""
        self.rows: dict[AreaTable[Any, Any], set[Any]] = {}
        """Rows of areas' own tables, by their keys."""
        self.later: list[tuple[Callable[[Wanted, Any], None], Any]] = []
        """Each told with its argument, once what can be named at once is in the book."""
        self.shown: Legs = {}
        """What the ledger shows of `legs`, when it is time for `later`."""

    def need_id(self, key: Key, index: int) -> None:
        """The account that the command at a index is about, which the book hasn't."""
        self.ids.add(key)
        if not self.book.owns_id(*key):
            self.astray.add(index)

    def need_row(self, table: AreaTable[RowKey, Any], key: RowKey) -> None:
        """A row that a decider asks for, if there is one."""
        if not self.book.area_rows.has(table, key):
            self.rows.setdefault(table, set()).add(key)

    def then(self, shown: Legs) -> tuple[set[int], set[int]]:
        """All that was named at once has been looked for. Returns customer and system accounts
        that are still missing, by number."""
        self.shown = shown
        for tell, argument in self.later:
            tell(self, argument)
        book = self.book
        known = book.accounts.keys()
        return {n for n in self.numbers - known if book.owns(n)}, self.system - known

    def must_wait_for(self, uncommitted: Collection[bytes]) -> bool:
        """Whether the ledger can't answer yet: payments or days that an open batch changed."""
        return bool(self.limits) or not self.payments.isdisjoint(uncommitted)
