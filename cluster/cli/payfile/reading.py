"""Files of payments, read a chunk at a time: JSON array, NDJSON, CSV, Parquet.

Nothing is ever held beyond one chunk, so a file may be larger than memory. Numbers keep the value
that is written: JSON fractions and CSV fields are exact decimals, Parquet doubles stay doubles.
"""

from pathlib import Path
from typing import NamedTuple

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.csvfile import open_csv
from headrace.cluster.cli.payfile.fileformat import FileFormat
from headrace.cluster.cli.payfile.inputfile import InputFile
from headrace.cluster.cli.payfile.jsonfile import open_json
from headrace.cluster.cli.payfile.source import Source
from headrace.cluster.cli.payfile.textfile import open_text

GZIP_SUFFIX = ".gz"
SUFFIXES = {
    ".json": FileFormat.JSON,
    ".ndjson": FileFormat.NDJSON,
    ".jsonl": FileFormat.NDJSON,
    ".csv": FileFormat.CSV,
    ".tsv": FileFormat.CSV,
    ".parquet": FileFormat.PARQUET,
    ".pq": FileFormat.PARQUET,
}
TABS = ".tsv"
"""The suffix that declares the tab as delimiter."""


class TextForm(NamedTuple):
    """What a user says about a text, None where the file or the default does."""

    encoding: str | None = None
    delimiter: str | None = None


def suffix_of(path: str) -> str:
    """That of gzip left out."""
    return Path(path.lower().removesuffix(GZIP_SUFFIX)).suffix


def format_of(path: str, chosen: FileFormat | None) -> FileFormat:
    """The format chosen, or by the file's suffix."""
    if chosen is not None:
        return chosen
    suffix = suffix_of(path)
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    raise BadInput(f"what is in {path}? Give --format {'|'.join(FileFormat)}")


def open_source(
    path: str, chosen: FileFormat | None, rows: int, form: TextForm | None = None
) -> Source:
    """Opens a file (`-`: standard input) to be read `rows` at a time."""
    kind = format_of(path, chosen)
    form = form or TextForm()
    if form.delimiter is not None and kind is not FileFormat.CSV:
        raise BadInput(f"--delimiter is for CSV, not for {kind}")
    if form.encoding is not None and kind is FileFormat.PARQUET:
        raise BadInput("--encoding is for text: in Parquet it is always UTF-8")
    file = InputFile(path)
    source = _opened(file, kind, rows, form, suffix_of(path) == TABS)
    read = source.chunks
    return source._replace(chunks=lambda wanted: file.watched(read(wanted)), identity=file.identity)


def _opened(file: InputFile, kind: FileFormat, rows: int, form: TextForm, tabs: bool) -> Source:
    if kind is FileFormat.PARQUET:
        from headrace.cluster.cli.payfile.parquet import open_parquet

        return open_parquet(file, rows)
    lines = kind is FileFormat.NDJSON
    text = open_text(file, form.encoding, newline="\n" if lines else "")
    if kind is FileFormat.CSV:
        return open_csv(file, text, form.delimiter, tabs, rows)
    return open_json(file, text, lines, rows)
