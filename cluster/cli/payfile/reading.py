"""Files of payments, read a chunk at a time: JSON array, NDJSON, CSV, Parquet.

Nothing is ever held beyond one chunk, so a file may be larger than memory. Numbers keep the value
that is written: JSON fractions and CSV fields are exact decimals, Parquet doubles stay doubles.
"""

from collections.abc import Iterator
from enum import StrEnum
from os import fstat
from pathlib import Path
from typing import BinaryIO

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.chunk import Chunk
from headrace.cluster.cli.payfile.source import STDIN, Source


class FileFormat(StrEnum):
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


SUFFIXES = {
    ".json": FileFormat.JSON,
    ".ndjson": FileFormat.NDJSON,
    ".jsonl": FileFormat.NDJSON,
    ".csv": FileFormat.CSV,
    ".parquet": FileFormat.PARQUET,
    ".pq": FileFormat.PARQUET,
}


def format_of(path: str, chosen: FileFormat | None) -> FileFormat:
    """The format chosen, or by the file's suffix."""
    if chosen is not None:
        return chosen
    suffix = Path(path).suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    raise BadInput(f"what is in {path}? Give --format {'|'.join(FileFormat)}")


def open_source(path: str, chosen: FileFormat | None, rows: int) -> Source:
    """Opens a file (`-`: standard input) to be read `rows` at a time."""
    kind = format_of(path, chosen)
    if kind is FileFormat.PARQUET:
        from headrace.cluster.cli.payfile.parquet import open_parquet

        return open_parquet(path, rows)
    file = _open(path)
    total = fstat(file.fileno()).st_size or None
    if kind is FileFormat.CSV:
        from headrace.cluster.cli.payfile.csvfile import open_csv

        return open_csv(file, total, rows)
    from headrace.cluster.cli.payfile.jsonfile import read_array, read_lines

    read = read_lines if kind is FileFormat.NDJSON else read_array

    def chunks(wanted: list[str] | None) -> Iterator[Chunk]:
        return read(file, rows)

    return Source(None, total, False, chunks)


def _open(path: str) -> BinaryIO:
    import sys

    if path == STDIN:
        return sys.stdin.buffer
    try:
        return open(path, "rb")  # closed with the process: chunks are read lazily
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
