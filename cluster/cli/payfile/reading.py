"""Files of payments, read a chunk at a time: JSON array, NDJSON, CSV, Parquet.

Nothing is ever held beyond one chunk, so a file may be larger than memory. Numbers keep the value
that is written: JSON fractions and CSV fields are exact decimals, Parquet doubles stay doubles.
"""

from enum import StrEnum
from pathlib import Path

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.inputfile import InputFile
from headrace.cluster.cli.payfile.source import Source


class FileFormat(StrEnum):
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


GZIP_SUFFIX = ".gz"
SUFFIXES = {
    ".json": FileFormat.JSON,
    ".ndjson": FileFormat.NDJSON,
    ".jsonl": FileFormat.NDJSON,
    ".csv": FileFormat.CSV,
    ".parquet": FileFormat.PARQUET,
    ".pq": FileFormat.PARQUET,
}


def format_of(path: str, chosen: FileFormat | None) -> FileFormat:
    """The format chosen, or by the file's suffix, that of gzip left out."""
    if chosen is not None:
        return chosen
    suffix = Path(path.lower().removesuffix(GZIP_SUFFIX)).suffix
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    raise BadInput(f"what is in {path}? Give --format {'|'.join(FileFormat)}")


def open_source(path: str, chosen: FileFormat | None, rows: int) -> Source:
    """Opens a file (`-`: standard input) to be read `rows` at a time."""
    kind = format_of(path, chosen)
    file = InputFile(path)
    if kind is FileFormat.PARQUET:
        from headrace.cluster.cli.payfile.parquet import open_parquet

        source = open_parquet(file, rows)
    elif kind is FileFormat.CSV:
        from headrace.cluster.cli.payfile.csvfile import open_csv

        source = open_csv(file, rows)
    else:
        from headrace.cluster.cli.payfile.jsonfile import open_json

        source = open_json(file, kind is FileFormat.NDJSON, rows)
    read = source.chunks
    return source._replace(chunks=lambda wanted: file.watched(read(wanted)), identity=file.identity)
