"""Payments played in order against the windows they leave behind, as a platform would see them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from headrace.runtime.risk.features import FeatureBatch, Matrix
from headrace.runtime.risk.generator import Transaction
from headrace.runtime.risk.windows import Windows

BATCH = 500
"""Payments decided together; a batch's payments see what the batches before have left."""

Decide = Callable[[Matrix], NDArray[np.bool_]]
"""Which rows of a batch are declined: those leave no trace in the windows."""


def replay(
    transactions: Iterable[Transaction], decide: Decide | None = None
) -> Iterator[tuple[list[Transaction], Matrix]]:
    """Each batch with its features; without `decide` nothing is declined."""
    debtors: defaultdict[int, Windows] = defaultdict(Windows)
    creditors: defaultdict[int, Windows] = defaultdict(Windows)
    remaining = iter(transactions)
    while batch := list(islice(remaining, BATCH)):
        rows = FeatureBatch()
        for t in batch:
            rows.add(t.amount, t.occurred_at, debtors[t.customer], creditors[t.merchant])
        matrix = rows.matrix()
        declined = decide(matrix).tolist() if decide else [False] * len(batch)
        for t, skip in zip(batch, declined, strict=True):
            if not skip:
                debtors[t.customer].observe(t.occurred_at, t.amount)
                creditors[t.merchant].observe(t.occurred_at, t.amount)
        yield batch, matrix
