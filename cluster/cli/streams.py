"""Standard output and standard error, either of which may take nothing.

A pipe whose reader went away, a full disk, `>&-`: what can't be written is no traceback.
"""

import errno
import os
import sys
from contextlib import suppress
from typing import IO, TextIO

from headrace.cluster.cli.failures import NotWritten
from headrace.cluster.cli.printable import printable


def say(message: str) -> None:
    """A message beside the answer, on standard error; perhaps nobody listens there."""
    with suppress(OSError):
        _write(sys.stderr, printable(message, keep="\n") + "\n")


def write(text: str, flush: bool = True) -> None:
    """To standard output. Raises NotWritten."""
    try:
        _write(sys.stdout, text, flush)
    except OSError as error:
        raise NotWritten(error) from None


def give_up(stream: IO[str] | None) -> None:
    """After an OSError: what the stream still holds must not fail again at the end."""
    if stream is None:
        return
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _write(stream: TextIO | None, text: str, flush: bool = True) -> None:
    """What the stream's encoding lacks is escaped."""
    if stream is None:  # Python's word for one that was closed from the start
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        if flush:
            stream.flush()
    except OSError:
        give_up(stream)
        raise
