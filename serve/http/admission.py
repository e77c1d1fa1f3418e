"""What a gateway takes on at once. Everything is bounded, and beyond a bound is refused at once."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any

from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.http.problems import Problem

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class ClientGone(Exception):
    """The client hung up: nobody is there to be answered."""


class Bound:
    """So many at once. As a context manager it takes one and gives it back."""

    def __init__(self, what: str, most: int) -> None:
        self.what = what
        self.most = most
        self.taken = 0
        self.refused = 0

    def check(self, count: int = 1) -> None:
        """Raises Problem(OVERLOADED) when there would be too many."""
        if self.taken + count > self.most:
            self.refused += 1
            raise Problem(Refusal.OVERLOADED, f"the gateway has too many {self.what} under way")

    def take(self, count: int = 1) -> None:
        """Takes so many, or raises what `check` raises."""
        self.check(count)
        self.taken += count

    def give(self, count: int = 1) -> None:
        """Ends what was taken."""
        self.taken -= count

    def __enter__(self) -> None:
        self.take()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.give()


class Admission:
    """A gateway's bounds."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.payments = Bound("payments", settings.gateway_payments_max)
        self.reads = Bound("reads", settings.gateway_reads_max)
        self.streams = Bound("event streams", settings.gateway_streams_max)
        self.body_bytes = Bound("bytes of request bodies", settings.gateway_body_bytes_max)
        self._body_bytes_max = settings.body_bytes_max
        self._body_timeout_s = settings.body_timeout_s

    async def body(self, receive: Receive, declared: bytes | None) -> bytes:
        """A request's whole body; `declared` is its Content-Length.

        A body that comes slowly holds up nobody but itself and ends at the time-out. Raises
        Problem(BODY_TOO_LARGE, BODY_TIMED_OUT, OVERLOADED) and ClientGone.
        """
        if declared is not None and declared.isdigit() and int(declared) > self._body_bytes_max:
            raise self._too_large()
        came = _here_already(receive)
        if came is not None and not came.get("more_body", False):  # as a rule: no clock is needed
            return self._first(came)
        try:
            async with asyncio.timeout(self._body_timeout_s):
                return await self._received(receive, came or await receive())
        except TimeoutError:
            raise Problem(
                Refusal.BODY_TIMED_OUT,
                f"the body was not complete after {self._body_timeout_s:g} s",
            ) from None

    async def _received(self, receive: Receive, message: Message) -> bytes:
        first = self._first(message)
        if not message.get("more_body", False):
            return first
        return await self._gathered(receive, first)

    def _first(self, message: Message) -> bytes:
        if message["type"] == "http.disconnect":
            raise ClientGone
        piece: bytes = message.get("body", b"")
        if len(piece) > self._body_bytes_max:
            raise self._too_large()
        return piece

    async def _gathered(self, receive: Receive, first: bytes) -> bytes:
        body = bytearray()
        piece, more = first, True
        try:
            while True:
                self.body_bytes.take(len(piece))
                body += piece
                if len(body) > self._body_bytes_max:
                    raise self._too_large()
                if not more:
                    return bytes(body)
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientGone
                piece, more = message.get("body", b""), message.get("more_body", False)
        finally:
            self.body_bytes.give(len(body))

    def _too_large(self) -> Problem:
        return Problem(Refusal.BODY_TOO_LARGE, f"at most {self._body_bytes_max} bytes a request")


def _here_already(receive: Receive) -> Message | None:
    """What `receive` tells without waiting; None where it has to be asked anew, and awaited."""
    asked = receive().__await__()
    try:
        next(asked)
    except StopIteration as told:
        message: Message = told.value
        return message
    asked.close()
    return None
