import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from headrace.serve.gateway import asgi
from headrace.serve.http.protocol import Protocol

HEAD, BODY, CLOSED = "head", "body", "closed"
LENGTH = [(b"content-length", b"4")]
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Wire(asyncio.Transport):
    """What reaches the client, write by write."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.written: list[str] = []

    def write(self, data: Any) -> None:
        assert not self.is_closing()
        parts = {b"HTTP/1.1 200 OK": HEAD, b"body": BODY}
        self.written.append("+".join(name for part, name in parts.items() if part in data))

    def close(self) -> None:
        self.written.append(CLOSED)

    def is_closing(self) -> bool:
        return CLOSED in self.written

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def head() -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": LENGTH}


def body(text: bytes = b"body", more: bool = False) -> dict[str, Any]:
    return {"type": "http.response.body", "body": text, "more_body": more}


async def at_once(send: Any, wire: Wire) -> None:
    await send(head())
    await send(body())


async def in_pieces(send: Any, wire: Wire) -> None:
    await send(head())
    await asyncio.sleep(0.01)
    assert wire.written == [HEAD]
    await send(body(b"bo", more=True))
    await send(body(b"dy"))


async def client_gone(send: Any, wire: Wire) -> None:
    await send(head())
    wire.close()
    await send(body())


async def answered(
    app: Callable[[Any, Wire], Awaitable[None]], request: bytes = REQUEST
) -> list[str]:
    wire = Wire()
    ended = asyncio.Event()

    async def asgi_app(scope: Any, receive: Any, send: Any) -> None:
        await app(send, wire)
        ended.set()

    config = Config(asgi_app, lifespan="off", log_config=None, ws="none")
    config.load()
    protocol = Protocol(config, ServerState(), {}, asyncio.get_running_loop())
    protocol.connection_made(wire)
    protocol.data_received(request)
    await asyncio.wait_for(ended.wait(), 5)
    await asyncio.sleep(0.01)
    return wire.written


@pytest.mark.parametrize(
    ("app", "written"),
    [(at_once, [f"{HEAD}+{BODY}"]), (in_pieces, [HEAD, BODY]), (client_gone, [CLOSED])],
)
def test_an_answer_goes_out_together_and_pieces_as_they_come(app: Any, written: list[str]) -> None:
    assert asyncio.run(answered(app)) == written


def test_a_connection_ends_after_its_answer() -> None:
    last = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert asyncio.run(answered(at_once, last)) == [f"{HEAD}+{BODY}", CLOSED]


def test_servers_that_serve_starts_take_it() -> None:
    asgi.middlewares()
    config = Config("no:app")
    config.load_app = lambda: None  # type: ignore[method-assign]  # there is no app to load
    config.load()
    assert config.http_protocol_class is Protocol


class Kept(Wire):
    """Keeps the bytes."""

    def write(self, data: Any) -> None:
        self.written.append(bytes(data).decode())


def test_what_is_no_http_is_told_as_a_problem() -> None:
    async def sent() -> list[str]:
        config = Config("no:app", lifespan="off", log_config=None, ws="none")
        config.load_app = lambda: None  # type: ignore[method-assign]  # there is no app to load
        config.load()
        wire = Kept()
        protocol = Protocol(config, ServerState(), {}, asyncio.get_running_loop())
        protocol.connection_made(wire)
        protocol.data_received(b"NOT HTTP\r\n\r\n")
        await asyncio.sleep(0.01)
        return wire.written

    head, closed = asyncio.run(sent())
    assert closed == CLOSED
    assert head.startswith("HTTP/1.1 400 Bad Request\r\n")
    assert "content-type: application/problem+json\r\n" in head
    assert '"code":"malformed_request"' in head
