"""A stretch of the journal and its pages, which follow from its bounds alone.

So a position within it is found again from the stretch and one record, whatever else was committed
meanwhile, and the journal need not be read for it.
"""

from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

Sequences = Mapping[int, int]
"""By partition."""


class Stretch(NamedTuple):
    """Of each partition what comes after one sequence, up to another that is included."""

    after: Sequences
    """Of those left out, 0."""
    ends: Sequences
    """Those left out end where they begin."""
    page_max: int
    """Sequences in a page at most."""

    @property
    def end(self) -> Sequences:
        """Of all partitions."""
        return {**self.after, **self.ends}

    def page_from(self, at: Sequences) -> dict[int, int]:
        """How far the next page goes in each partition that it has; empty: the stretch is over."""
        left = (p for p in sorted(self.ends) if self.ends[p] > at.get(p, 0))
        chosen = list(islice(left, self.page_max))
        each = self.page_max // len(chosen) if chosen else 0
        return {p: min(self.ends[p], at.get(p, 0) + each) for p in chosen}

    def page_of(self, partition: int, seq: int) -> dict[int, int] | None:
        """Where the page begins that has a record of the stretch; None: it is not in it."""
        if not self.after.get(partition, 0) < seq <= self.ends.get(partition, -1):
            return None
        at = dict(self.after)
        while (page := self.page_from(at)).get(partition, 0) < seq:
            at.update(page)
        return at
