"""A stretch of a file: columns of equal length, absent values None."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")


class Chunk(NamedTuple):
    """`broken` holds what is wrong with rows that could not be read; their columns are None."""

    rows: Sequence[int]
    """The rows' numbers, counted from 1: headers not, blank ones too."""
    columns: dict[str, list[Any]]
    broken: dict[int, str]
    """By index in the chunk, from 0."""
    position: int
    """Rows (Parquet, pipes) or bytes of the file read so far."""
    lines: Sequence[int] | None = None
    """Of the file, on which the rows begin; None where it has none."""
    minor_units: bool = False
    """Amounts are integers of minor units, as in the API (JSON); otherwise decimals of major."""
    types: Mapping[str, str] = MappingProxyType({})
    """Of columns that have one, as Arrow calls it."""

    @property
    def size(self) -> int:
        return len(self.rows)


def stretches(items: Iterator[T], size: int) -> Iterator[list[T]]:
    """The items, `size` at a time; where they end with an error, those before it come first."""
    stretch: list[T] = []
    try:
        for item in items:
            stretch.append(item)
            if len(stretch) == size:
                yield stretch
                stretch = []
    except Exception:
        if stretch:
            yield stretch
        raise
    if stretch:
        yield stretch


def from_objects(
    rows: Sequence[int],
    objects: list[dict[str, Any] | None],
    broken: dict[int, str],
    position: int,
    lines: Sequence[int] | None = None,
) -> Chunk:
    """A chunk of JSON objects that need not have the same fields."""
    names: dict[str, None] = {}
    for item in objects:
        if item is not None:
            names.update(dict.fromkeys(item))
    columns = {
        name: [None if item is None else item.get(name) for item in objects] for name in names
    }
    return Chunk(rows, columns, broken, position, lines, minor_units=True)
