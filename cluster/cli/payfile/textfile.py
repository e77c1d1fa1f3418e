"""A text's encoding, its lines, and the bytes in it that are no text.

A byte that the encoding does not know becomes the surrogate U+DC00 + byte, which stands in no text
by itself: the row that holds one is refused, and the others are read.
"""

import codecs
import re
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from typing import TextIO

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.inputfile import InputFile

LINE_CHARS_MAX = 1 << 24
"""A longer line is taken for a file that has none."""
NO_TEXT = re.compile("[\udc00-\udcff]")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", ("utf-8", "utf-8-sig")),
    (codecs.BOM_UTF32_LE, "utf-32", ("utf-32", "utf-32-le")),
    (codecs.BOM_UTF32_BE, "utf-32", ("utf-32", "utf-32-be")),
    (codecs.BOM_UTF16_LE, "utf-16", ("utf-16", "utf-16-le")),
    (codecs.BOM_UTF16_BE, "utf-16", ("utf-16", "utf-16-be")),
)
"""Each with the codec that skips it once, and encodings that a user may call it by. UTF-32 goes
before UTF-16, whose mark its own begins with."""


def _as_surrogates(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("headrace.no_text", _as_surrogates)


def open_text(file: InputFile, encoding: str | None, newline: str) -> "Text":
    """The file's text: as its byte order mark says, in `encoding`, or in UTF-8. BadInput of one
    whose encoding is unknown. `newline` is where lines end, as in open()."""
    stream = file.text_bytes()
    with file.reading():
        begins = stream.peek(4)[:4]
    codec = _codec(file.name, begins, encoding)
    text = TextIOWrapper(stream, codec, "headrace.no_text", newline)
    return Text(text, codec.removesuffix("-sig"))


def _codec(name: str, begins: bytes, given: str | None) -> str:
    known = None if given is None else _known(given)
    for mark, codec, names in BYTE_ORDER_MARKS:
        if begins.startswith(mark):
            if known is not None and known not in names:
                raise BadInput(f"{name} says itself that it is {names[0]}, not {given}")
            return codec
    if known is None and b"\0" in begins:
        order = "be" if begins.startswith(b"\0") else "le"
        raise BadInput(f"{name} looks like UTF-16 without a mark: --encoding utf-16-{order}")
    return known or "utf-8"


def _known(encoding: str) -> str:
    try:
        TextIOWrapper(BytesIO(), encoding)  # refuses codecs that aren't of text
        return codecs.lookup(encoding).name.replace("_", "-")
    except (LookupError, ValueError):
        raise BadInput(f"--encoding {encoding}: no such encoding of text") from None


class Text:
    """Characters, or lines that are counted."""

    def __init__(self, text: TextIO, encoding: str) -> None:
        self.number = 0
        """Of the line read last, from 1."""
        self.line = ""
        self._text = text
        self._encoding = encoding
        self._flaw = ""

    def read(self, chars: int) -> str:
        return self._text.read(chars)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.line = line = self._text.readline(LINE_CHARS_MAX)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) == LINE_CHARS_MAX:
            raise BadInput(f"line {self.number} is longer than {LINE_CHARS_MAX:,} characters")
        if not line.isascii() and not self._flaw:
            self._flaw = self.flaw_in(line, self.number)
        return line

    def flaw(self) -> str:
        """The first byte that is no text on the lines read since this was asked last, "" where
        all is text."""
        found, self._flaw = self._flaw, ""
        return found

    def flaw_in(self, text: str, line: int, column: int = 1) -> str:
        """The first byte that is no text, in characters that begin there; "" without one."""
        found = NO_TEXT.search(text)
        if found is None:
            return ""
        before = text[: found.start()]
        line += before.count("\n")
        column = len(before) - before.rfind("\n") if "\n" in before else column + len(before)
        hint = "; is it --encoding cp1252?" if self._encoding == "utf-8" else ""
        byte = ord(found[0]) - 0xDC00
        return f"line {line}, column {column}: byte 0x{byte:02X} is no {self._encoding}{hint}"
