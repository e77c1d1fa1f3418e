import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from headrace.loadtests.load import http_connection
from headrace.loadtests.load.http_connection import HttpConnection

PLAIN = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nTrace-Id: a\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhalf \r\nA\r\nand a half\r\n0\r\n\r\n"
)
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@asynccontextmanager
async def connected(serve: Server) -> AsyncIterator[HttpConnection]:
    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    connection = await HttpConnection.open(*server.sockets[0].getsockname()[:2])
    try:
        yield connection
    finally:
        connection.close()
        server.close()


def in_pieces(size: int, *answers: bytes) -> Server:
    """Sends each answer after a request, some bytes at a time."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readexactly(4)
            for at in range(0, len(answer), size):
                writer.write(answer[at : at + size])
                await writer.drain()
                await asyncio.sleep(0)

    return serve


@pytest.mark.parametrize("size", [1, 7, 1_000])
async def test_answers_are_read_however_they_come(size: int) -> None:
    async with connected(in_pieces(size, PLAIN, CHUNKED, EMPTY, PLAIN)) as connection:
        told = [await connection.ask(b"ping") for _ in range(4)]
    assert [(a.status, a.body) for a in told] == [
        (201, b"hello"), (200, b"half and a half"), (204, b""), (201, b"hello"),
    ]  # fmt: skip
    assert b"\r\ntrace-id: a\r\n" in told[0].head


async def test_a_server_that_goes_in_the_middle_of_an_answer_is_an_error() -> None:
    async with connected(in_pieces(10, PLAIN[:-1])) as connection:
        with pytest.raises(ConnectionError):
            await connection.ask(b"ping")
        with pytest.raises(ConnectionError):
            await connection.ask(b"ping")


async def test_no_answer_is_an_error_after_the_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr(http_connection, "ANSWER_TIMEOUT_S", 0.05)
    async with connected(silent) as connection:
        with pytest.raises(ConnectionError, match="no answer"):
            await connection.ask(b"ping")
