"""JSON payments: one object a line, or one array of objects read piece by piece."""

import json
from collections.abc import Iterator
from typing import Any

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.chunk import Chunk, from_objects, stretches
from headrace.cluster.cli.payfile.inputfile import InputFile
from headrace.cluster.cli.payfile.jsonobject import read_object
from headrace.cluster.cli.payfile.source import Source
from headrace.cluster.cli.payfile.textfile import Text
from headrace.cluster.cli.payfile.unfit import Unfit

PIECE_CHARS = 1 << 18
OBJECT_CHARS_MAX = 1 << 20
"""An array's object longer than this is taken for broken JSON."""
SPACE = " \t\r\n"

_scan = json.JSONDecoder(parse_int=len, parse_float=len).raw_decode
"""Only for where an item ends; read_object says what it is."""


def open_json(file: InputFile, text: Text, lines: bool, rows: int) -> Source:
    """NDJSON, or an array."""
    read = read_lines if lines else read_array

    def chunks(wanted: list[str] | None) -> Iterator[Chunk]:
        for chunk in read(text, rows):
            yield chunk._replace(position=file.bytes.tell()) if file.total else chunk

    return Source(None, file.total, False, chunks)


def read_lines(text: Text, rows: int) -> Iterator[Chunk]:
    """NDJSON; a line that is no JSON object is a broken row, a blank one is none but counted."""
    lines = ((text.number, line, text.flaw()) for line in text if line.strip(SPACE))
    return (_chunk(taken, has_lines=True) for taken in stretches(lines, rows))


def read_array(text: Text, rows: int) -> Iterator[Chunk]:
    """A JSON array of objects; what is no JSON ends the file, an item of another kind is broken."""
    items = ((row, *item) for row, item in enumerate(_Array(text).items(), 1))
    return (_chunk(taken, has_lines=False) for taken in stretches(items, rows))


def _chunk(taken: list[tuple[int, str, str]], has_lines: bool) -> Chunk:
    """Of row numbers, each with its text and what in that is no text."""
    objects: list[dict[str, Any] | None] = []
    broken: dict[int, str] = {}
    for _, text, flaw in taken:
        try:
            if flaw:
                raise Unfit(flaw)
            objects.append(read_object(text))
        except Unfit as error:
            broken[len(objects)] = str(error)
            objects.append(None)
    rows = [row for row, _, _ in taken]
    return from_objects(rows, objects, broken, rows[-1], rows if has_lines else None)


class _Array:
    """A window over the text, moved forward as items are taken off."""

    def __init__(self, text: Text) -> None:
        self._source = text
        self._text = ""
        self._at = 0
        self._line, self._column = 1, 1
        """Of the window's first character."""
        self._taken = 0
        self._ended = False

    def items(self) -> Iterator[tuple[str, str]]:
        """Each item's text, and what in it is no text."""
        if self._next_char() != "[":
            raise BadInput(
                "the file holds no JSON array: one object a line is --format ndjson",
            )
        self._at += 1
        if self._next_char() == "]":
            self._at += 1
        else:
            while True:
                yield self._item()
                after = self._next_char()
                self._at += 1
                if after == "]":
                    break
                if after != ",":
                    raise self._broken("a comma or the end of the array is expected", self._at - 1)
        if self._next_char():
            raise self._broken("something follows the array", self._at)

    def _item(self) -> tuple[str, str]:
        self._next_char()
        while True:
            try:
                end = _scan(self._text, self._at)[1]
            except (json.JSONDecodeError, RecursionError) as error:
                if self._ended or len(self._text) - self._at > OBJECT_CHARS_MAX:
                    place = getattr(error, "pos", self._at)
                    raise self._broken(getattr(error, "msg", str(error)), place) from error
            else:
                # a number may go on in the next piece
                if end < len(self._text) or self._ended:
                    item = self._text[self._at : end]
                    flaw = ""
                    if not item.isascii():
                        flaw = self._source.flaw_in(item, *self._place(self._at))
                    self._at = end
                    self._taken += 1
                    return item, flaw
            self._more()

    def _next_char(self) -> str:
        """The next character that is no white space, "" at the end of the file."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more()

    def _more(self) -> None:
        piece = self._source.read(PIECE_CHARS)
        self._ended = not piece
        self._line, self._column = self._place(self._at)
        self._text = self._text[self._at :] + piece
        self._at = 0

    def _place(self, at: int) -> tuple[int, int]:
        """Line and column of a character of the window."""
        lines = self._text.count("\n", 0, at)
        if not lines:
            return self._line, self._column + at
        return self._line + lines, at - self._text.rfind("\n", 0, at)

    def _broken(self, why: str, at: int) -> BadInput:
        line, column = self._place(at)
        return BadInput(f"JSON, item {self._taken + 1}, line {line}, column {column}: {why}")
