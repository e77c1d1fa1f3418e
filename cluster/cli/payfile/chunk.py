"""A stretch of a file: columns of equal length, absent values None."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Chunk(NamedTuple):
    """`broken` holds what is wrong with rows that could not be read; their columns are None."""

    first_row: int
    """Counted from 1, headers not."""
    size: int
    columns: dict[str, list[Any]]
    broken: dict[int, str]
    """By place in the chunk, from 0."""
    position: int
    """Rows (Parquet) or bytes of the file read so far."""
    minor_units: bool = False
    """Amounts are integers of minor units, as in the API (JSON); otherwise decimals of major."""
    types: Mapping[str, str] = MappingProxyType({})
    """Of columns that have one, as Arrow calls it."""


def from_objects(
    first_row: int, objects: list[dict[str, Any] | None], broken: dict[int, str], position: int
) -> Chunk:
    """A chunk of JSON objects that need not have the same fields."""
    names: dict[str, None] = {}
    for item in objects:
        if item is not None:
            names.update(dict.fromkeys(item))
    columns = {
        name: [None if item is None else item.get(name) for item in objects] for name in names
    }
    return Chunk(first_row, len(objects), columns, broken, position, minor_units=True)
