"""Which rows of a file have a key that an earlier row was paid under.

A spreadsheet makes two long ids both 1.23457E+17: the second row is answered with the first one's
payment, and nobody is paid for it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_Run = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Hashes in order, and the rows that they were first seen on."""


class PaidKeys:
    """Keys seen so far, as 64-bit hashes: 16 bytes a row, so that a file may be larger than memory.
    Of ten million keys any two have one hash with a probability of 3e-6."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def first_rows(self, keys: Sequence[str], rows: Sequence[int]) -> list[int]:
        """For each key the row that had it first, 0 where that is its own; keys and rows in the
        file's order."""
        hashes = np.fromiter(map(hash, keys), np.int64, len(keys))
        found = np.zeros(len(keys), np.int64)
        for seen, on in self._runs:
            at = np.minimum(np.searchsorted(seen, hashes), len(seen) - 1)
            known = seen[at] == hashes
            found[known] = on[at[known]]
        numbers = np.fromiter(rows, np.int64, len(keys))
        new, first, back = np.unique(hashes, return_index=True, return_inverse=True)
        within = numbers[first[back]]
        repeats = (found == 0) & (within != numbers)
        found[repeats] = within[repeats]
        self._add((new[found[first] == 0], numbers[first][found[first] == 0]))
        return list(map(int, found))

    def _add(self, run: _Run) -> None:
        """Runs grow towards the first, each at least twice as long as the next."""
        if not len(run[0]):
            return
        while self._runs and len(self._runs[-1][0]) < 2 * len(run[0]):
            hashes, rows = map(np.concatenate, zip(self._runs.pop(), run, strict=True))
            order = np.argsort(hashes, kind="stable")
            run = hashes[order], rows[order]
        self._runs.append(run)
