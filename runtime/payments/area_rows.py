"""Rows of areas' own tables, as far as they are in memory: a cache like the book's accounts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from headrace.runtime.database.area_table import AreaTable, Key, Row

Kept = tuple[Any, int]
"""A row, or None where the table has none of the key, and the batch that touched it last."""
Rows = dict[AreaTable[Any, Any], dict[Any, Any]]
"""By table and key."""


@dataclass(slots=True)
class AreaRows:
    """What was looked up or put, of tables whose rows deciders ask for."""

    _kept: dict[AreaTable[Any, Any], dict[Any, Kept]] = field(default_factory=dict)

    def row(self, table: AreaTable[Key, Row], key: Key) -> Row | None:
        """None: there is none. LookupError when it was not looked up."""
        row: Row | None = self._of(table, key)[0]
        return row

    def _of(self, table: AreaTable[Any, Any], key: Any) -> Kept:
        kept = self._kept.get(table, {}).get(key)
        if kept is None:
            raise LookupError(f"row {key!r} of {table.name} was not looked up")
        return kept

    def has(self, table: AreaTable[Key, Any], key: Key) -> bool:
        """Whether it was looked up."""
        return key in self._kept.get(table, ())

    def learn(
        self, table: AreaTable[Key, Row], keys: Collection[Key], found: Mapping[Key, Row],
        batch: int,
    ) -> None:  # fmt: skip
        """What the ledger says of rows that were not in memory."""
        kept = self._kept.setdefault(table, {})
        for key in keys:
            kept[key] = found.get(key), batch

    def put(
        self, before: Rows, batch: int, table: AreaTable[Key, Row], key: Key, row: Row | None
    ) -> None:
        """As a batch decides; how it was before the batch goes into `before`. LookupError when it
        was not looked up."""
        before.setdefault(table, {}).setdefault(key, self._of(table, key))
        self._kept[table][key] = row, batch

    def undo(self, before: Rows) -> None:
        """As it was before the batch that is taken back."""
        for table, rows in before.items():
            self._kept[table].update(rows)

    def evict(self, most: int, committed: int) -> None:
        """Above `most` rows of a table, drops down to nine tenths of it: what was touched longest
        ago, and nothing that a batch after `committed` touched."""
        for kept in self._kept.values():
            if len(kept) > most:
                free = sorted((touched, key) for key, (_, touched) in kept.items()
                              if touched <= committed)  # fmt: skip
                for _, key in free[: len(kept) - most * 9 // 10]:
                    del kept[key]
