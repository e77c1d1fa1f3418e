"""A file of payments being read, a chunk at a time."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from headrace.cluster.cli.payfile.chunk import Chunk
from headrace.cluster.cli.payfile.inputfile import Identity


class Source(NamedTuple):
    """A file being read. `columns` is None where each object has its own fields."""

    columns: list[str] | None
    total: int | None
    """Of Chunk.position; None when it isn't known (a pipe)."""
    counts_rows: bool
    chunks: Callable[[list[str] | None], Iterator[Chunk]]
    """Given the columns wanted (None: all)."""
    delimiter: str | None = None
    """Of CSV."""
    identity: Identity | None = None


def reason(error: Any) -> str:
    """An error's first line."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
