"""Clients that take room and give nothing: idle connections, slow bodies, bodies half sent, heads
that never end.

Each is one coroutine on one connection; all of them together say how they were ended.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from msgspec import Struct

CONNECT_AT_ONCE = 100
DROP_EVERY_S = 1.0
CONNECT_TIMEOUT_S = 30.0
Behave = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class CrowdSize(Struct, kw_only=True):
    """How many of each."""

    idle: int = 3_000
    slow: int = 200
    half: int = 200
    headless: int = 200


class Crowd:
    """`gather`, then `ended` is filled as the platform ends them, then `disperse`."""

    def __init__(self, port: int, size: CrowdSize, requests: Iterator[bytes]) -> None:
        self._port = port
        self._size = size
        self._requests = requests
        self._connecting = asyncio.Semaphore(CONNECT_AT_ONCE)
        self._tasks: list[asyncio.Task[None]] = []
        self.present: Counter[str] = Counter()
        self.ended: dict[str, Counter[str]] = {}
        """By kind: the status it was answered with, or `closed`."""
        self.ended_after_s: dict[str, float] = {}
        """By kind: the longest that one of them was borne."""

    async def gather(self) -> None:
        """Returns when all are connected; TimeoutError when they can't be."""
        kinds = {"idle": self._idle, "slow": self._slow, "half": self._half, "headless": self._head}
        wanted: Counter[str] = Counter()
        for kind, behave in kinds.items():
            wanted[kind] = getattr(self._size, kind)
            self.ended[kind] = Counter()
            self._tasks += [
                asyncio.create_task(self._member(kind, behave)) for _ in range(wanted[kind])
            ]
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            while self.present != +wanted:  # noqa: ASYNC110  # members tell nobody
                await asyncio.sleep(0.05)

    async def disperse(self) -> None:
        """All hang up."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _member(self, kind: str, behave: Behave) -> None:
        async with self._connecting:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        begun = time.perf_counter()
        try:
            if kind == "idle":
                writer.write(HEALTH)
                await reader.readuntil(b"\r\n\r\n")
            self.present[kind] += 1
            acting = asyncio.create_task(behave(writer))
            try:
                answer = await reader.read(4096)
                while kind == "idle" and answer:
                    answer = await reader.read(4096)
            except OSError:
                answer = b""
            finally:
                acting.cancel()
                await asyncio.gather(acting, return_exceptions=True)
            self.ended[kind][answer[9:12].decode() or "closed"] += 1
            took = time.perf_counter() - begun
            self.ended_after_s[kind] = round(max(took, self.ended_after_s.get(kind, 0)), 1)
        finally:
            writer.close()

    async def _idle(self, writer: asyncio.StreamWriter) -> None:
        """Has asked once and stays."""

    async def _slow(self, writer: asyncio.StreamWriter) -> None:
        """The head at once, then a byte a second."""
        head, _, body = next(self._requests).partition(b"\r\n\r\n")
        writer.write(head + b"\r\n\r\n")
        await self._drop(writer, body)

    async def _half(self, writer: asyncio.StreamWriter) -> None:
        """Half of a body and nothing more."""
        head, _, body = next(self._requests).partition(b"\r\n\r\n")
        writer.write(head + b"\r\n\r\n" + body[: len(body) // 2])

    async def _head(self, writer: asyncio.StreamWriter) -> None:
        """A head, a byte a second."""
        await self._drop(writer, next(self._requests))

    async def _drop(self, writer: asyncio.StreamWriter, text: bytes) -> None:
        with contextlib.suppress(OSError):
            for at in range(len(text)):
                writer.write(text[at : at + 1])
                await writer.drain()
                await asyncio.sleep(DROP_EVERY_S)
