"""Calls straight from process to process: bytes to bytes over TCP, many at once on a connection.

A call over Ray costs about a millisecond of CPU, most of it in Ray's own threads; these cost a
tenth. Ray still says who answers and where: the address comes by an ordinary call and holds a
secret that a connection has to begin with, so whoever may not call the actor may not call here.

A frame is its length and the call's number (both unsigned, big-endian, 4 bytes), a byte that is 0
for an answer or a question and 1 for an error's text, and the payload.
"""

import asyncio
import socket
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from hmac import compare_digest
from secrets import token_bytes
from struct import Struct
from typing import NamedTuple

import structlog

from headrace.runtime.settings.partition import CallSettings

log = structlog.get_logger("headrace.direct_calls")

PAYLOAD_BYTES_MAX = 64 * 1024 * 1024
SECRET_BYTES = 32
KEEP_ALIVE = {
    socket.SO_KEEPALIVE: (socket.SOL_SOCKET, 1),
    socket.TCP_KEEPIDLE: (socket.IPPROTO_TCP, 3),
    socket.TCP_KEEPINTVL: (socket.IPPROTO_TCP, 1),
    socket.TCP_KEEPCNT: (socket.IPPROTO_TCP, 3),
    socket.TCP_USER_TIMEOUT: (socket.IPPROTO_TCP, 6_000),
}
"""A machine that has gone says nothing: its connections end within 6 s (s, s, probes, ms)."""

Answer = Callable[[bytes], Awaitable[bytes]]
_head = Struct(">IIB")
_FINE, _FAILED = 0, 1


class Address(NamedTuple):
    """Where a process answers, and what its callers must know."""

    host: str
    port: int
    secret: bytes


class CallFailed(Exception):
    """The other side raised; the text is its error's."""


async def listen(answer: Answer, host: str) -> Address:
    """Answers calls for as long as this process lives; what `answer` raises goes to its caller."""
    secret = token_bytes(SECRET_BYTES)
    server = await asyncio.get_running_loop().create_server(
        lambda: _Answering(answer, secret), host, 0
    )
    return Address(host, server.sockets[0].getsockname()[1], secret)


class _Frames(asyncio.Protocol, ABC):
    """Takes the stream apart; a subclass takes the frames."""

    transport: asyncio.Transport

    def __init__(self, payload_max: int) -> None:
        self.payload_max = payload_max
        self._came = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # of a stream, as servers of streams hand out
        connected = transport.get_extra_info("socket")
        for option, (level, value) in KEEP_ALIVE.items():
            connected.setsockopt(level, option, value)

    def data_received(self, data: bytes) -> None:
        came = self._came
        came += data
        at = 0
        while len(came) - at >= _head.size:
            length, number, kind = _head.unpack_from(came, at)
            if length > self.payload_max:
                self.transport.abort()
                return
            end = at + _head.size + length
            if len(came) < end:
                break
            self.frame(number, kind, bytes(came[at + _head.size : end]))
            at = end
        del came[:at]

    def send(self, number: int, kind: int, payload: bytes) -> None:
        self.transport.writelines((_head.pack(len(payload), number, kind), payload))

    @abstractmethod
    def frame(self, number: int, kind: int, payload: bytes) -> None:
        """Takes one."""


class _Answering(_Frames):
    """The side that is called."""

    def __init__(self, answer: Answer, secret: bytes) -> None:
        super().__init__(SECRET_BYTES)
        self._answer = answer
        self._secret = secret
        self._known = False
        self._running: set[asyncio.Task[None]] = set()

    def frame(self, number: int, kind: int, payload: bytes) -> None:
        if not self._known:
            self._known = compare_digest(payload, self._secret)
            if not self._known:
                log.warning("stranger", peer=self.transport.get_extra_info("peername"))
                self.transport.abort()
            self.payload_max = PAYLOAD_BYTES_MAX
            return
        task = asyncio.create_task(self._carry_out(number, payload))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _carry_out(self, number: int, payload: bytes) -> None:
        try:
            kind, told = _FINE, await self._answer(payload)
        except Exception as error:
            kind, told = _FAILED, repr(error).encode()
        if not self.transport.is_closing():
            self.send(number, kind, told)


class Connection(_Frames):
    """The side that calls."""

    def __init__(self) -> None:
        super().__init__(PAYLOAD_BYTES_MAX)
        self._calls: dict[int, asyncio.Future[bytes]] = {}
        self._number = 0
        self.heard_at = 0.0
        """When anything came last, by the loop's clock."""

    @property
    def lost(self) -> bool:
        """Whether nothing can be called here any more."""
        return self.transport.is_closing()

    def call(self, payload: bytes) -> "asyncio.Future[bytes]":
        """The answer; raises CallFailed, or ConnectionError when it ends before that."""
        if self.lost:
            raise ConnectionError("the other side has gone")
        self._number = (self._number + 1) & 0xFFFFFFFF
        future = asyncio.get_running_loop().create_future()
        self._calls[self._number] = future
        self.send(self._number, _FINE, payload)
        return future

    def frame(self, number: int, kind: int, payload: bytes) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        future = self._calls.pop(number, None)
        if future is None or future.done():  # the caller has given up
            return
        if kind == _FINE:
            future.set_result(payload)
        else:
            future.set_exception(CallFailed(payload.decode()))

    def connection_lost(self, error: Exception | None) -> None:
        calls, self._calls = self._calls, {}
        for future in calls.values():
            if not future.done():
                future.set_exception(ConnectionError("the other side has gone"))

    def close(self) -> None:
        """Ends it and what is being asked."""
        self.transport.abort()


class Line:
    """A connection to whoever `find` finds, made when first needed and again after it has ended.

    One whose other side said nothing for `silence_s_max` is dropped when a caller gives up: a
    machine that has gone, or a process that is stopped, closes nothing.
    """

    def __init__(
        self, find: Callable[[], Awaitable[Address]], silence_s_max: float, settings: CallSettings
    ) -> None:
        self._find = find
        self._settings = settings
        self._silence_s_max = silence_s_max
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[Connection] | None = None

    async def call(self, payload: bytes) -> bytes:
        """Raises CallFailed, ConnectionError, OSError, TimeoutError, and what `find` raises."""
        connection = self._connection
        if connection is None or connection.lost:
            connection = await self._connected()
        now = asyncio.get_running_loop().time
        asked_at = now()
        try:
            return await connection.call(payload)
        except asyncio.CancelledError:
            if now() - max(asked_at, connection.heard_at) >= self._silence_s_max:
                connection.close()
            raise

    def drop(self) -> None:
        """Ends the connection, also one being made, and what is being asked: somebody else is to be
        found."""
        if self._connection is not None:
            self._connection.close()
        if self._connecting is not None:
            self._connecting.cancel()

    async def _connected(self) -> Connection:
        """One attempt at a time, however many calls wait for it."""
        connecting = self._connecting
        if connecting is None:
            connecting = self._connecting = asyncio.create_task(self._connect())
            connecting.add_done_callback(self._tried)
        await asyncio.wait([connecting])
        if connecting.cancelled():
            raise ConnectionError("somebody else is to be found")
        return connecting.result()

    async def _connect(self) -> Connection:
        async with asyncio.timeout(self._settings.call_find_timeout_s):
            address = await self._find()
        async with asyncio.timeout(self._settings.call_connect_timeout_s):
            _, connection = await asyncio.get_running_loop().create_connection(
                Connection, address.host, address.port
            )
        connection.send(0, _FINE, address.secret)
        self._connection = connection
        return connection

    def _tried(self, task: asyncio.Task[Connection]) -> None:
        if self._connecting is task:
            self._connecting = None
        if not task.cancelled():
            task.exception()  # nobody may be waiting for it any more
