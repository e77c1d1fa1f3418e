"""What the clients sent and were told, as they wrote it down: the judge's own evidence."""

from pathlib import Path

import msgspec
from msgspec import Struct


class Sent(Struct, frozen=True, tag="sent"):
    """Written before the request leaves, once for each key."""

    key: str
    operation: str
    """payment, capture, refund or cancel."""
    amount: int
    """0: all that is held, of a cancel."""
    debtor: str = ""
    creditor: str = ""
    payment: str = ""
    """That a capture, refund or cancel is of."""
    occurred_at: int = 0
    """Microseconds, by the client's clock; 0: not said."""
    expires_in_s: int = 0
    """Of a hold; 0: not said."""


class Told(Struct, frozen=True, tag="told"):
    """A final answer: a success, or a refusal with which nothing was done. Again for each time that
    the same was sent although it had been answered."""

    key: str
    status: int
    payment: str = ""
    state: str = ""
    """Of the payment, when it was told."""
    amount: int = 0
    """0: not told."""
    refusal: str = ""
    """Its code."""


Entry = Sent | Told


class Log:
    """In memory, and in a file line by line."""

    def __init__(self, path: Path) -> None:
        self.entries: list[Entry] = []
        self._file = path.open("wb")

    def write(self, entry: Entry) -> None:
        """In the operating system's hands on return: it outlives this process, not the machine."""
        self.entries.append(entry)
        self._file.write(msgspec.json.encode(entry) + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> list[Entry]:
    """Raises msgspec.DecodeError on a damaged line."""
    return [msgspec.json.decode(line, type=Entry) for line in path.read_bytes().splitlines()]
