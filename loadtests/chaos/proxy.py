"""A TCP proxy before PostgreSQL that can be slow, and can cut every connection at a commit."""

import asyncio
import contextlib
from random import Random

COMMIT = b"COMMIT"
CHUNK_BYTES = 1 << 16
ANSWER_S_MAX = 1.0
"""How long a COMMIT that is let through is waited for."""


class Proxy:
    """Listens on 127.0.0.1. One test's: `stop` ends what is connected."""

    def __init__(self, port: int, server_port: int, random: Random) -> None:
        self.delay_s = 0.0
        """Of every piece, in each direction."""
        self.cuts = 0
        """How often all connections were cut."""
        self.port = port
        self._server_port = server_port
        self._lets_through = random.random() < 0.5
        self._cut_at_commit = False
        self._unheard: asyncio.StreamWriter | None = None
        """Who hears nothing more of the server."""
        self._answered = asyncio.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def cut_at_next_commit(self) -> None:
        """The server still gets every other such COMMIT, beginning by chance; its answer gets
        nowhere."""
        self._cut_at_commit = True

    def cut(self) -> None:
        """Every connection, at once and without a word."""
        self.cuts += 1
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection(
                "127.0.0.1", self._server_port
            )
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, server_writer}
        self._open |= pair
        ways = [
            asyncio.create_task(self._to_server(reader, server_writer, writer)),
            asyncio.create_task(self._to_client(server_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for end in pair:
                end.close()
            self._open -= pair

    async def _to_server(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter,
        client: asyncio.StreamWriter,
    ) -> None:  # fmt: skip
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK_BYTES):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                if self._cut_at_commit and COMMIT in data:
                    self._cut_at_commit = False
                    self._lets_through = not self._lets_through
                    if self._lets_through:
                        await self._until_answered(target, data, client)
                    self.cut()
                    return
                target.write(data)
                await target.drain()

    async def _until_answered(
        self, target: asyncio.StreamWriter, data: bytes, client: asyncio.StreamWriter
    ) -> None:
        """The server commits, and the client doesn't hear of it."""
        self._unheard = client
        self._answered.clear()
        target.write(data)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._answered.wait(), ANSWER_S_MAX)

    async def _to_client(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK_BYTES):
                if target is self._unheard:
                    self._answered.set()
                    continue
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                target.write(data)
                await target.drain()
