"""One keep-alive HTTP/1.1 connection, one request at a time: as little work as it can be.

The load shares the machine with what it measures, so that each microsecond here is one less there:
no streams, no task and no time-out context a request.
"""

import asyncio
from typing import NamedTuple, Self

ANSWER_TIMEOUT_S = 60.0


class HttpAnswer(NamedTuple):
    """As it came; the body without its chunks' sizes."""

    status: int
    head: bytes
    """From the status line to the empty line, in lower case."""
    body: bytes


class HttpConnection(asyncio.Protocol):
    """`open` one, `ask` after each answer, `close` it."""

    _transport: asyncio.Transport

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._came = b""
        self._head = b""
        self._body_at = 0
        self._length = 0
        """Of the body; -1: it comes in chunks."""
        self._answer: asyncio.Future[HttpAnswer] | None = None
        self._late: asyncio.TimerHandle | None = None

    @classmethod
    async def open(cls, host: str, port: int, tls: bool = False) -> Self:
        """Raises OSError."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(cls, host, port, ssl=tls or None)
        return connection

    def ask(self, request: bytes) -> "asyncio.Future[HttpAnswer]":
        """Raises ConnectionError when it ends before the answer is there, or after the time-out."""
        answer = self._answer = self._loop.create_future()
        if self._transport.is_closing():
            answer.set_exception(ConnectionError("the server has closed the connection"))
        else:
            self._late = self._loop.call_later(ANSWER_TIMEOUT_S, self._give_up)
            self._transport.write(request)
        return answer

    def close(self) -> None:
        """Also in the middle of an answer."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # of a stream

    def connection_lost(self, error: Exception | None) -> None:
        self._end(ConnectionError("the server has closed the connection"))

    def data_received(self, data: bytes) -> None:
        came = self._came = self._came + data if self._came else data
        if not self._head:
            end = came.find(b"\r\n\r\n") + 4
            if end < 4:
                return
            self._head, self._body_at = came[:end].lower(), end
            self._length = _length(self._head)
        if self._length < 0:
            body = _joined(came, self._body_at)
        else:
            end = self._body_at + self._length
            body = came[self._body_at : end] if len(came) >= end else None
        if body is not None:
            answer = HttpAnswer(int(self._head[9:12]), self._head, body)
            self._came = self._head = b""
            self._end(answer)

    def _give_up(self) -> None:
        self._end(ConnectionError(f"no answer within {ANSWER_TIMEOUT_S:g} s"))
        self._transport.abort()

    def _end(self, outcome: HttpAnswer | ConnectionError) -> None:
        answer, self._answer = self._answer, None
        if self._late is not None:
            self._late.cancel()
        if answer is None or answer.done():
            return
        if isinstance(outcome, HttpAnswer):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)


def _length(head: bytes) -> int:
    place = head.find(b"\r\ncontent-length:")
    if place >= 0:
        return int(head[place + 17 : head.index(b"\r\n", place + 17)])
    return -1 if b"\r\ntransfer-encoding: chunked" in head else 0


def _joined(came: bytes, at: int) -> bytes | None:
    """A chunked body; None while the last chunk is not there."""
    parts: list[bytes] = []
    while (end := came.find(b"\r\n", at)) >= 0:
        size = int(came[at:end], 16)
        if len(came) < end + 2 + size + 2:
            return None
        if not size:
            return b"".join(parts)
        parts.append(came[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return None
