"""CSV with a header: every field is text, an empty one is absent.

Nothing is guessed: a delimiter is the comma, the one that the file declares (`sep=;`, .tsv) or the
one that is given; a file that looks as if it had another is named for that.
"""

import csv
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.chunk import Chunk, stretches
from headrace.cluster.cli.payfile.inputfile import InputFile
from headrace.cluster.cli.payfile.source import Source
from headrace.cluster.cli.payfile.textfile import Text

NAMES = {"tab": "\t", r"\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
"""What a delimiter may be called, too."""
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
_DECLARED = re.compile(r'"?sep=(.)"?\r?\n?', re.IGNORECASE)
"""The first line of a file that says its delimiter, as Excel reads it."""
_QUOTED = re.compile(r'"[^"]*"')


class _Record(NamedTuple):
    row: int
    line: int
    fields: list[str]
    flaw: str
    """Why it is no row; `fields` are not looked at then."""


def delimiter_of(option: str) -> str:
    """`--delimiter`: a character, or the name of one; BadInput of what cannot separate fields."""
    delimiter = NAMES.get(option, option)
    if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '"\r\n\0':
        raise BadInput(f"--delimiter {option!r}: one character, or {', '.join(NAMES)}")
    return delimiter


def open_csv(file: InputFile, text: Text, delimiter: str | None, tabs: bool, rows: int) -> Source:
    """Quoted fields may hold delimiters and line ends. `tabs`: where no delimiter is given, it is
    the tab."""
    with file.reading():
        first = next((line for line in text if line.strip()), "")
        if declared := _DECLARED.fullmatch(first):
            if delimiter not in (None, declared[1]):
                raise BadInput(f"--delimiter is {delimiter}, and {file.name} says {first.strip()}")
            delimiter, first = declared[1], next(text, "")
        used = delimiter or ("\t" if tabs else ",")
        reader = csv.reader(chain([first], text), delimiter=used, strict=True)
        header = _header(file, reader, text)
    _check_delimiter(file, header, first, used, delimiter is not None)
    names = [name.strip() for name in header]
    while not names[-1]:
        names.pop()
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise BadInput(f"the CSV header names a column twice: {', '.join(twice)}")

    def chunks(wanted: list[str] | None) -> Iterator[Chunk]:
        records = _records(reader, text, used, len(names), len(header))
        for taken in stretches(records, rows):
            broken = {i: record.flaw for i, record in enumerate(taken) if record.flaw}
            none = [""] * len(names)
            fields = [none if record.flaw else record.fields for record in taken]
            columns: dict[str, list[Any]] = {
                name: [value or None for value in column] if "" in column else list(column)
                for name, column in zip(names, zip(*fields, strict=False), strict=False)
                if wanted is None or name in wanted
            }
            numbers = [record.row for record in taken]
            position = file.bytes.tell() if file.total else numbers[-1]
            yield Chunk(numbers, columns, broken, position, [record.line for record in taken])

    return Source(names, file.total, False, chunks, delimiter=used)


def _header(file: InputFile, reader: Any, text: Text) -> list[str]:
    try:
        header: list[str] = next(reader, [])
    except csv.Error as error:
        raise BadInput(f"the CSV header: {error}") from error
    if flaw := text.flaw():
        raise BadInput(f"the CSV header, {flaw}")
    if not any(name.strip() for name in header):
        raise BadInput(f"{file.name}: the CSV file has no header")
    return header


def _check_delimiter(file: InputFile, header: list[str], line: str, used: str, given: bool) -> None:
    """BadInput where the header looks as if another character separated it."""
    bare = _QUOTED.sub("", line)
    likely = max(DELIMITERS, key=bare.count)
    if bare.count(likely) > bare.count(used) and (not given or len(header) == 1):
        called = "tab" if likely == "\t" else likely
        raise BadInput(
            f"{file.name}: this looks {DELIMITERS[likely]}-separated: --delimiter '{called}'"
        )


def _ends_in_line(line: str, delimiter: str) -> bool:
    """Whether the next line begins a row, for readers that take a stray quote for a character and
    for those that count quotes."""
    lenient = csv.reader([line, ""], delimiter=delimiter)
    next(lenient)
    return lenient.line_num == 1 and line.count('"') % 2 == 0


def _records(reader: Any, text: Text, delimiter: str, named: int, width: int) -> Iterator[_Record]:
    """Rows with something in them; the blank ones are counted. Fields past the last named column
    may be missing, and those past the header are empty."""
    row = 0
    while True:
        line = text.number + 1
        try:
            fields: list[str] | None = next(reader, None)
        except csv.Error as error:
            row += 1
            if text.number > line or not _ends_in_line(text.line, delimiter):
                raise BadInput(
                    f"CSV, row {row}, line {line}: {error}; where the next row begins is not sure"
                ) from error
            text.flaw()
            yield _Record(row, line, [], f"line {line}: {error}")
            continue
        if fields is None:
            return
        row += 1
        if not fields or (len(fields) == 1 < named and not fields[0].strip()):
            continue
        flaw = text.flaw()
        if not flaw and (len(fields) < named or any(fields[width:])):
            flaw = f"line {line}: {len(fields)} fields where the header has {named}"
        yield _Record(row, line, fields, flaw)
