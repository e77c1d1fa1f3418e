"""JSON payments: one object a line, or one array of objects read piece by piece."""

import json
from codecs import getincrementaldecoder
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any, BinaryIO

import msgspec

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.chunk import Chunk, from_objects
from headrace.cluster.cli.payfile.inputfile import InputFile
from headrace.cluster.cli.payfile.source import Source

PIECE_BYTES = 1 << 18
OBJECT_CHARS_MAX = 1 << 20
"""An array's object longer than this is taken for broken JSON."""

Objects = list[dict[str, Any] | None]

_line = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal)
_array = json.JSONDecoder(parse_float=Decimal)


def open_json(file: InputFile, lines: bool, rows: int) -> Source:
    """NDJSON, or an array."""
    read = read_lines if lines else read_array
    stream = file.text_bytes()

    def chunks(wanted: list[str] | None) -> Iterator[Chunk]:
        return read(stream, rows)

    return Source(None, file.total, False, chunks)


def read_lines(file: BinaryIO, rows: int) -> Iterator[Chunk]:
    """NDJSON; a line that is no JSON object is a broken row, a blank one is none."""
    row, position = 1, 0
    while lines := list(islice(file, rows)):
        objects: Objects = []
        broken: dict[int, str] = {}
        for line in lines:
            position += len(line)
            if line.isspace():
                continue
            try:
                objects.append(_line.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                broken[len(objects)] = str(error)
                objects.append(None)
        if objects:
            yield from_objects(row, objects, broken, position)
            row += len(objects)


def read_array(file: BinaryIO, rows: int) -> Iterator[Chunk]:
    """A JSON array of objects; what is no JSON ends the file, an item of another kind is broken."""
    row = 1
    objects: Objects = []
    broken: dict[int, str] = {}
    text = _Text(file)
    for item in text.items():
        if isinstance(item, dict):
            objects.append(item)
        else:
            broken[len(objects)] = "an object is expected"
            objects.append(None)
        if len(objects) == rows:
            yield from_objects(row, objects, broken, text.bytes_read)
            row += rows
            objects, broken = [], {}
    if objects:
        yield from_objects(row, objects, broken, text.bytes_read)


class _Text:
    """A window over the file's characters, moved forward as items are taken off."""

    def __init__(self, file: BinaryIO) -> None:
        self.bytes_read = 0
        self._file = file
        self._decode = getincrementaldecoder("utf-8-sig")().decode
        self._text = ""
        self._at = 0
        self._taken = 0
        self._ended = False

    def items(self) -> Iterator[Any]:
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
                    raise self._broken("a comma or the end of the array is expected")
        if self._next_char():
            raise self._broken("something follows the array")

    def _item(self) -> Any:
        self._next_char()
        while True:
            try:
                item, end = _array.raw_decode(self._text, self._at)
            except (json.JSONDecodeError, RecursionError, ValueError) as error:
                if self._ended or len(self._text) - self._at > OBJECT_CHARS_MAX:
                    raise self._broken(getattr(error, "msg", str(error))) from error
            else:
                # a number may go on in the next piece
                if end < len(self._text) or self._ended:
                    self._at = end
                    self._taken += 1
                    return item
            self._more()

    def _next_char(self) -> str:
        """The next character that is no white space, "" at the end of the file."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in " \t\r\n":
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more()

    def _more(self) -> None:
        piece = self._file.read(PIECE_BYTES)
        self.bytes_read += len(piece)
        self._ended = not piece
        try:
            self._text = self._text[self._at :] + self._decode(piece, self._ended)
        except UnicodeDecodeError as error:
            raise self._broken(f"not UTF-8: {error.reason}") from error
        self._at = 0

    def _broken(self, why: str) -> BadInput:
        return BadInput(f"JSON, item {self._taken + 1}: {why}")
