"""CSV with a header: every field is text, an empty one is absent."""

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from typing import Any

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.chunk import Chunk
from headrace.cluster.cli.payfile.inputfile import InputFile
from headrace.cluster.cli.payfile.source import Source


def open_csv(file: InputFile, rows: int) -> Source:
    """UTF-8, comma separated; quoted fields may hold commas and line ends."""
    text = TextIOWrapper(file.text_bytes(), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, strict=True)
    try:
        names = next(reader, None)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadInput(f"the CSV header: {error}") from error
    if not names:
        raise BadInput("the CSV file has no header")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"the CSV header names a column twice: {', '.join(twice)}")

    def chunks(wanted: list[str] | None) -> Iterator[Chunk]:
        row = 1
        while lines := _take(reader, rows):
            broken = {
                i: f"{len(line)} fields where the header has {len(names)}"
                for i, line in enumerate(lines)
                if len(line) != len(names)
            }
            for i in broken:
                lines[i] = [""] * len(names)
            columns: dict[str, list[Any]] = {
                name: [value or None for value in column] if "" in column else list(column)
                for name, column in zip(names, zip(*lines, strict=True), strict=True)
                if wanted is None or name in wanted
            }
            yield Chunk(row, len(lines), columns, broken, file.bytes.tell() if file.total else row)
            row += len(lines)

    return Source(names, file.total, False, chunks)


def _take(reader: Any, rows: int) -> list[list[str]]:
    """The next rows, blank lines dropped."""
    try:
        while lines := list(islice(reader, rows)):
            if full := [line for line in lines if line]:
                return full
        return []
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadInput(f"CSV, about line {reader.line_num}: {error}") from error
