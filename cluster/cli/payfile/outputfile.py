"""`--out`: a file that is written beside its place and put there at the end.

What is no regular file (a pipe, a device, standard output) is written as it is.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import EACCES
from os.path import samestat
from pathlib import Path
from secrets import token_hex
from stat import S_IMODE, S_ISREG
from typing import BinaryIO, TextIO

from headrace.cluster.cli.failures import BadInput, Failure
from headrace.cluster.cli.payfile.inputfile import Identity, identity

WriteBytes = Callable[[bytes], None]


def refuse_the_input(path: Path | None, source: Identity | None) -> None:
    """BadInput where `--out` or standard output is the file that is paid."""
    if source is None:
        return
    stdout = _descriptor(sys.stdout)
    for name, place in (("standard output", stdout), (f"--out {path}", path)):
        with suppress(OSError):  # which opening it tells
            if place is not None and identity(os.stat(place)) == source:
                raise BadInput(f"{name} is the input: nothing was sent")


def _descriptor(stream: TextIO | None) -> int | None:
    """None of one that is closed, or no file at all."""
    with suppress(OSError, ValueError):
        return None if stream is None else stream.fileno()
    return None


@contextmanager
def open_output(path: Path) -> Iterator[WriteBytes]:
    """What writes to it. However the block ends, what was written is put in its place; Failure
    where it cannot be written, which leaves what stood there."""
    try:
        file, beside, target = _opened(path)
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror}") from error
    failed = False

    def write(data: bytes) -> None:
        nonlocal failed
        try:
            file.write(data)
        except OSError as error:
            failed = True
            raise _unwritten(path, beside, error) from error

    try:
        yield write
    finally:
        try:
            if not failed:
                file.flush()
                if beside is not None:
                    os.fsync(file.fileno())
                    os.replace(beside, target)
        except OSError as error:
            raise _unwritten(path, beside, error) from error
        finally:
            with suppress(OSError):  # of what could not be written before
                file.close()


def _opened(path: Path) -> tuple[BinaryIO, Path | None, Path]:
    """The file, where it is written until it is complete, and its place."""
    target = Path(os.path.realpath(path))
    try:
        status = os.stat(path)
    except FileNotFoundError:
        status = None
    if status is not None and not S_ISREG(status.st_mode):
        return path.open("wb"), None, target
    for descriptor in map(_descriptor, (sys.stdout, sys.stderr)):
        if status and descriptor is not None and samestat(os.fstat(descriptor), status):
            return os.fdopen(os.dup(descriptor), "wb"), None, target
    if status and not os.access(path, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES))
    beside = target.with_name(f"{target.name}.{token_hex(4)}.part")
    file = beside.open("xb")
    if status is not None:
        os.fchmod(file.fileno(), S_IMODE(status.st_mode))
    return file, beside, target


def _unwritten(path: Path, beside: Path | None, error: OSError) -> Failure:
    stands = "" if beside is None else f"; what was written stands in {beside}"
    return Failure(f"cannot write {path}: {error.strerror}{stands}")
