"""One ASGI object in front of any number of doors, from a request to its answer."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import MutableMapping, Sequence
from time import perf_counter
from typing import Any, ClassVar, Generic, NamedTuple, Protocol, TypeVar

import structlog

from headrace.runtime.refusals import Refusal
from headrace.serve.http.admission import Admission, ClientGone, Receive
from headrace.serve.http.caller import require
from headrace.serve.http.counters import Counters
from headrace.serve.http.door import Ask, Door
from headrace.serve.http.names_once import repeated
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import Reply, Send, Stream
from headrace.serve.http.request import Request
from headrace.serve.http.router import Router
from headrace.serve.http.traceparent import trace_id

Scope = MutableMapping[str, Any]

log = structlog.get_logger("headrace.gateway")


class Away(NamedTuple):
    """What handlers ask, and how it shows that it is away or too slow."""

    errors: tuple[type[Exception], ...]
    what: str
    event: str
    """In the log."""


class Services(Protocol):
    """What a server needs of what its handlers work with."""

    admission: Admission
    counters: Counters


S = TypeVar("S", bound=Services)


class Server(ABC, Generic[S]):
    """`start` before the first request and `stop` after the last, by hand or as ASGI lifespan."""

    AWAY: ClassVar[Away] = Away((OSError, TimeoutError), "something", "away")

    def __init__(self, doors: Sequence[Door]) -> None:
        self._doors = tuple(doors)
        self._router = Router(self._doors)
        self._services: S | None = None
        self._asks: dict[Door, Ask] = {}

    @abstractmethod
    async def opened(self) -> S:
        """What handlers work with."""

    @abstractmethod
    async def closed(self, services: S) -> None:
        """Lets what is under way finish, and gives back what `opened` took."""

    async def start(self) -> None:
        """From now on requests reach their handlers."""
        if self._services is None:
            services = await self.opened()
            self._asks = {door: door.ask(services) for door in self._doors if door.ask}
            self._services = services

    async def stop(self) -> None:
        """Requests are turned down from now on; returns when what was under way has ended."""
        services, self._services = self._services, None
        if services is not None:
            await self.closed(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["type"]:
            case "http":
                await self._http(scope, receive, send)
            case "lifespan":
                await self._lifespan(receive, send)
            case "websocket":
                await send({"type": "websocket.close", "code": 1003})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": repr(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        services = self._services
        if services is None:
            problem = Problem(Refusal.UNAVAILABLE, "the gateway is starting")
            await self._router.door(path).problem(problem).send(send, trace_id(None), False)
            return
        request = Request(scope, receive, path, services.admission)
        try:
            operation, answer = await self._answer(services, request)
        except ClientGone:
            return
        head = request.method == "HEAD"
        if isinstance(answer, Stream):
            try:
                await _until_gone(answer.send(send, request.trace, head), receive)
            finally:
                await answer.close()
        else:
            await answer.send(send, request.trace, head)
        services.counters.answered(operation, answer.status, perf_counter() - started)

    async def _answer(self, services: S, request: Request) -> tuple[str, Reply | Stream]:
        operation = "unmatched"
        door: Door | None = None
        try:
            if request.repeated:
                raise repeated(request.repeated)
            (route, door), request.params = self._router.find(request.method, request.path)
            operation = route.handler.__name__
            if route.least is not None:
                request.caller = await self._asks[door](request.headers)
                require(request.caller, route.least)
            return operation, await route.handler(services, request)
        except Problem as problem:
            return operation, self._turned_down(request, door, problem)
        except ClientGone:
            raise
        except self.AWAY.errors as error:
            log.warning(self.AWAY.event, error=repr(error), trace=request.trace.hex())
            away = Problem(Refusal.UNAVAILABLE, f"{self.AWAY.what} does not answer")
            return operation, self._turned_down(request, door, away)
        except Exception:
            log.exception("not_answered", operation=operation, trace=request.trace.hex())
            return operation, self._turned_down(request, door, Problem(Refusal.INTERNAL_ERROR))

    def _turned_down(self, request: Request, door: Door | None, problem: Problem) -> Reply:
        return (door or self._router.door(request.path)).problem(problem)


async def _until_gone(sending: Any, receive: Receive) -> None:
    """Sends until all is sent or the client hangs up."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    tasks = {asyncio.ensure_future(sending), asyncio.ensure_future(gone())}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
