"""Answers on their way out."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from headrace.serve.http.problems import PROBLEMS, RETRY_AFTER_S, Problem, details

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

JSON, PROBLEM_JSON = b"application/json", b"application/problem+json"
NO_STORE = (b"cache-control", b"no-store")

encode = msgspec.json.Encoder(order="deterministic").encode
"""Maps in the order of their keys, so that the same value is always the same text."""


class Reply:
    """A whole answer. `trace-id` and `content-length` are added when it is sent."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes, headers: Headers) -> None:
        self.status = status
        self.body = body
        self.headers = headers

    async def send(self, send: Send, trace: bytes, head: bool) -> None:
        """To the client; `head`: without the body."""
        if self.status != 204:
            self.headers.append((b"content-length", b"%d" % len(self.body)))
        self.headers.append((b"trace-id", trace.hex().encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


class Stream:
    """An answer that comes in pieces until they end or the client hangs up. `close` it always;
    `release` gives back what the stream was admitted for."""

    __slots__ = ("_pieces", "_release", "headers", "status")

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        media: bytes,
        release: Callable[[], None],
    ) -> None:
        self.status = 200
        self.headers: Headers = [(b"content-type", media), NO_STORE]
        self._pieces = pieces
        self._release = release

    async def send(self, send: Send, trace: bytes, head: bool) -> None:
        """To the client, piece by piece."""
        self.headers.append((b"trace-id", trace.hex().encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        if not head:
            async for piece in self._pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(0)  # a send need not wait, and others want their turn
        await send({"type": "http.response.body", "body": b""})

    async def close(self) -> None:
        """Ends it, however far it came."""
        self._release()
        await self._pieces.aclose()


def json(status: int, value: Any, *headers: tuple[bytes, bytes]) -> Reply:
    """A value as JSON."""
    return Reply(status, encode(value), [(b"content-type", JSON), NO_STORE, *headers])


def problem(told: Problem) -> Reply:
    """A refusal as problem details, with the headers that its status asks for."""
    headers: Headers = [(b"content-type", PROBLEM_JSON), NO_STORE, *told.headers]
    if told.refusal in RETRY_AFTER_S:
        headers.append((b"retry-after", b"%d" % RETRY_AFTER_S[told.refusal]))
    if PROBLEMS[told.refusal].status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="headrace"'))
    body = encode(details(told.refusal, told.detail, told.field))
    return Reply(PROBLEMS[told.refusal].status, body, headers)
