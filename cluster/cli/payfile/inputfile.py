"""The file that is paid: which one it is, and that it stays as it was opened."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import GzipFile
from io import BufferedReader, RawIOBase
from stat import S_ISFIFO, S_ISREG
from typing import NamedTuple, cast
from zlib import error as ZlibError

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile.chunk import Chunk

STDIN = "-"
GZIP = b"\x1f\x8b"
PIECE_BYTES = 1 << 20
OTHERS = {
    b"PK\x03\x04": "an Excel workbook or a ZIP archive: save it as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as CSV",
    b"PAR1": "Parquet: --format parquet",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: zstdcat FILE | headrace pay - --format ...",
    b"\xfd7zXZ": "compressed by xz: xzcat FILE | headrace pay - --format ...",
    b"BZh": "compressed by bzip2: bzcat FILE | headrace pay - --format ...",
    b"%PDF-": "a PDF",
}
"""First bytes of what is often taken for a text."""


class Identity(NamedTuple):
    """A file, whatever it is called."""

    device: int
    inode: int


def identity(status: os.stat_result) -> Identity | None:
    """None of what may well be read and written at once, as a terminal."""
    named = S_ISREG(status.st_mode) or S_ISFIFO(status.st_mode)
    return Identity(status.st_dev, status.st_ino) if named else None


class InputFile:
    """A file opened for reading, once, so that a name given to another file changes nothing."""

    def __init__(self, path: str) -> None:
        self.name = "standard input" if path == STDIN else path
        try:
            self.bytes = _open(path)
            status = os.fstat(self.bytes.fileno())
        except OSError as error:
            raise BadInput(f"cannot read {self.name}: {error.strerror}") from error
        self.identity = identity(status)
        self.total = status.st_size or None
        """Bytes, None of a pipe."""
        self._watched = S_ISREG(status.st_mode)
        self._as_opened = (status.st_size, status.st_mtime_ns)

    @contextmanager
    def reading(self, row: int = 0) -> Iterator[None]:
        """BadInput where it cannot be read on after this row."""
        after = f" after row {row}" if row else ""
        try:
            yield
        except EOFError as error:
            raise BadInput(f"{self.name} ends too early for gzip{after}") from error
        except (OSError, ZlibError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise BadInput(f"cannot read {self.name}{after}: {why}") from error

    def begins(self, size: int) -> bytes:
        """Its first bytes, which are read again."""
        with self.reading():
            return self.bytes.peek(size)[:size]

    def text_bytes(self) -> BufferedReader:
        """Its bytes, unpacked where gzip packed them; BadInput of what is no text."""
        begins = self.begins(8)
        for first, what in OTHERS.items():
            if begins.startswith(first):
                raise BadInput(f"{self.name} is {what}")
        if not begins.startswith(GZIP):
            return self.bytes
        if self.bytes.seekable():
            self._unpack_once()
        return BufferedReader(cast(RawIOBase, GzipFile(fileobj=self.bytes)))

    def _unpack_once(self) -> None:
        """BadInput of a damaged file before any of it is paid: its checksums stand at its end."""
        with self.reading():
            packed = GzipFile(fileobj=self.bytes)
            while packed.read(PIECE_BYTES):
                pass
            self.bytes.seek(0)

    def watched(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The chunks, none of them after the file has changed: BadInput then, and where it cannot
        be read on."""
        row = 0
        while True:
            with self.reading(row):
                chunk = next(chunks, None)
                self._check(row)
            if chunk is None:
                return
            yield chunk
            row = chunk.rows[-1]

    def _check(self, row: int) -> None:
        status = os.fstat(self.bytes.fileno())
        if self._watched and (status.st_size, status.st_mtime_ns) != self._as_opened:
            raise BadInput(
                f"{self.name} changed while it was read, after row {row}: nothing after that row"
                " was sent; when the file is complete run it again"
            )


def _open(path: str) -> BufferedReader:
    if path != STDIN:
        return open(path, "rb")  # closed with the process: chunks are read lazily
    if sys.stdin is None:
        raise BadInput("standard input is closed")
    return cast(BufferedReader, sys.stdin.buffer)
