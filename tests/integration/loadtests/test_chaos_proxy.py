"""The proxy before PostgreSQL: a COMMIT that is cut arrives every other time, its answer never."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from headrace.cluster.local.ports import free_ports
from headrace.loadtests.chaos.proxy import Proxy


class Server:
    """Answers everything with `done`, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(100):
            self.heard.append(data)
            writer.write(b"done")
        writer.close()


@asynccontextmanager
async def proxied() -> AsyncIterator[tuple[Proxy, Server]]:
    server, (port,) = Server(), free_ports(1)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    proxy = Proxy(port, listening.sockets[0].getsockname()[1], Random(1))
    await proxy.start()
    try:
        yield proxy, server
    finally:
        await proxy.stop()
        listening.close()


async def test_a_cut_commit_arrives_every_other_time_and_is_never_answered() -> None:
    async with proxied() as (proxy, server):
        for number in range(4):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(b"BEGIN")
            assert await asyncio.wait_for(reader.read(100), 5) == b"done"
            proxy.cut_at_next_commit()
            writer.write(b"COMMIT")
            try:
                answer = await asyncio.wait_for(reader.read(100), 5)
            except ConnectionError:
                answer = b""
            assert answer == b""
            writer.close()
            assert proxy.cuts == number + 1
        assert server.heard.count(b"BEGIN") == 4
        assert server.heard.count(b"COMMIT") == 2


async def test_a_slow_proxy_passes_everything_on() -> None:
    async with proxied() as (proxy, _):
        proxy.delay_s = 0.05
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        begun = asyncio.get_running_loop().time()
        writer.write(b"SELECT")
        assert await asyncio.wait_for(reader.read(100), 5) == b"done"
        assert asyncio.get_running_loop().time() - begun >= 0.1
        writer.close()
