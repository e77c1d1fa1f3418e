"""Python's cyclic collector in processes that hold much and make hardly any cycles."""

import gc

YOUNG_MAX = 100_000
"""Objects that are made and not freed before the collector looks at them. A micro-batch holds a few
thousand at once and frees them all by reference counts: looking at them in between finds nothing,
and looks through the batches before it, too."""


def collect_rarely() -> None:
    """Leaves out what is there already, which stays, and seldom looks at what comes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 20, 20)
