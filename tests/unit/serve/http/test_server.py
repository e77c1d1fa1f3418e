"""A server of doors that knows nothing of payments."""

import asyncio
import gc
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.http import reply
from headrace.serve.http.admission import Admission
from headrace.serve.http.counters import Counters
from headrace.serve.http.door import Door
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family
from headrace.serve.http.server import Away, Server


class Working:
    """What handlers work with here."""

    def __init__(self) -> None:
        self.admission = Admission(GatewaySettings())
        self.counters = Counters()
        self.fails: Exception | None = None


class Alone(Server[Working]):
    AWAY = Away((ConnectionError,), "the well", "well_away")

    def __init__(self, opens: Callable[[], Working] = Working) -> None:
        family = Family("Water", "", rights={("draw", "water"): None})

        @family.route("GET", "/water", "Draw", "", Answer(200, "Water."), right=("draw", "water"))
        async def draw(working: Working, request: Request) -> Reply:
            if working.fails:
                raise working.fails
            return reply.json(200, "water")

        super().__init__([Door(prefix="/", families=(family,))])
        self._opens = opens
        self.gone: list[Working] = []

    async def opened(self) -> Working:
        return self._opens()

    async def closed(self, services: Working) -> None:
        self.gone.append(services)


async def asked(
    server: Alone, path: str = "/water", headers: tuple[tuple[bytes, bytes], ...] = ()
) -> tuple[int, bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
    await server(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


def messages(server: Alone, scope: str, *received: str) -> list[Any]:
    sent: list[Any] = []
    told: Iterator[Any] = iter([{"type": kind} for kind in received])

    async def receive() -> Any:
        return next(told)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(server({"type": scope}, receive, send))
    return sent


async def test_it_answers_between_start_and_stop() -> None:
    server = Alone()
    assert (await asked(server))[0] == 503
    await server.start()
    await server.start()
    assert await asked(server) == (200, b'"water"')
    await server.stop()
    await server.stop()
    assert (await asked(server))[0] == 503
    assert len(server.gone) == 1


async def test_a_header_of_one_value_stands_once() -> None:
    server = Alone()
    await server.start()
    key, accept = (b"idempotency-key", b"k"), (b"accept", b"*/*")
    assert (await asked(server, headers=(accept, key, accept)))[0] == 200
    status, body = await asked(server, headers=(key, accept, key))
    assert status == 400
    assert b'"name_repeated"' in body
    assert b'"field":"Idempotency-Key"' in body
    assert server._services is not None
    assert server._services.counters.requests["unmatched", 400] == 1


@pytest.mark.parametrize(
    ("error", "status", "says"),
    [
        (ConnectionResetError("hr_secret"), 503, b"the well does not answer"),
        (ZeroDivisionError("hr_secret"), 500, b"internal_error"),
        (TimeoutError("hr_secret"), 500, b"internal_error"),
    ],
)
async def test_what_fails_is_told_without_its_words(
    error: Exception, status: int, says: bytes
) -> None:
    working = Working()
    working.fails = error
    server = Alone(lambda: working)
    await server.start()
    told, body = await asked(server)
    assert (told, says in body, b"secret" in body) == (status, True, False)
    assert working.counters.requests == {("draw", status): 1}


def test_a_lifespan_starts_and_stops_it() -> None:
    server = Alone()
    sent = messages(server, "lifespan", "lifespan.startup", "lifespan.shutdown")
    assert [m["type"] for m in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert len(server.gone) == 1


def test_a_start_that_fails_is_told_to_whoever_serves() -> None:
    def dry() -> Working:
        raise OSError("dry")

    (failed,) = messages(Alone(dry), "lifespan", "lifespan.startup")
    assert (failed["type"], failed["message"]) == ("lifespan.startup.failed", "OSError('dry')")


def test_it_speaks_no_websockets() -> None:
    assert messages(Alone(), "websocket") == [{"type": "websocket.close", "code": 1003}]


async def test_what_is_turned_down_leaves_nothing_to_the_cyclic_collector() -> None:
    """It seldom runs (runtime/garbage.py), and a refusal kept in a variable holds its own frame."""
    server = Alone()
    await server.start()
    await asked(server, "/nothing")
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            assert (await asked(server, "/nothing"))[0] == 404
        found = gc.collect()
    finally:
        gc.enable()
    assert found < 100
