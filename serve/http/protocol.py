"""uvicorn's HTTP protocol, on a transport that sends an answer's head and body together.

uvicorn writes the two one after the other, and a transport of uvloop sends what is written at once:
two system calls an answer, each some 8 us, and two wake-ups of whoever reads it.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn import config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from headrace.serve.http import foreign_answers
from headrace.serve.http.reply import problem

UVICORNS_CHOICE = "auto"
"""The name under which a server that was told of no protocol looks for one: Serve tells of none."""


class Gathering:
    """A transport that sends what is written in a turn of the loop together, at the turn's end."""

    __slots__ = (
        "_loop", "_transport", "_written", "get_extra_info", "is_closing", "pause_reading",
        "resume_reading", "set_protocol",
    )  # fmt: skip

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._written: list[bytes] = []
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.set_protocol = transport.set_protocol

    def write(self, data: bytes) -> None:
        """Bytes that nobody changes afterwards."""
        if not self._written:
            self._loop.call_soon(self._send)
        self._written.append(data)

    def close(self) -> None:
        """After all that was written."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        written, self._written = self._written, []
        if written and not self._transport.is_closing():
            self._transport.write(b"".join(written))


class Protocol(HttpToolsProtocol):
    """One connection."""

    def connection_made(self, transport: Any) -> None:
        gathering: Any = Gathering(transport, self.loop)  # has what uvicorn uses of a transport
        super().connection_made(gathering)

    def send_400_response(self, msg: str) -> None:
        """In place of uvicorn's plain text, for what is no HTTP."""
        self.transport.write(as_http(foreign_answers.told_instead(400)))
        self.transport.close()


def as_http(told: foreign_answers.Told) -> bytes:
    """A whole answer as it goes over the wire, after which the connection closes."""
    ours = problem(told.problem())
    headers = [
        *ours.headers,
        (b"content-length", b"%d" % len(ours.body)),
        (b"connection", b"close"),
    ]
    status = HTTPStatus(ours.status)
    lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode())]
    lines += [b"%s: %s" % header for header in headers]
    return b"\r\n".join([*lines, b"", ours.body])


def use() -> None:
    """Makes it the protocol of the servers that this process starts from now on."""
    config.HTTP_PROTOCOLS[UVICORNS_CHOICE] = f"{Protocol.__module__}:{Protocol.__qualname__}"
