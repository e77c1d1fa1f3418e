"""The gateway: one ASGI object, from a request to its answer."""

import asyncio
from collections.abc import Callable, MutableMapping
from time import perf_counter
from typing import Any

import asyncpg
import structlog

from headrace.actors.partition_client import PartitionClient
from headrace.runtime.clock import now_us
from headrace.runtime.keys.subject_keys import bound
from headrace.runtime.ledger.connect import pool as connect_pool
from headrace.runtime.payments.refusals import Refusal
from headrace.runtime.settings import Settings
from headrace.serve.admission import ClientGone, Receive
from headrace.serve.gateway import reply
from headrace.serve.gateway.authentication import require
from headrace.serve.gateway.families import FAMILIES
from headrace.serve.gateway.pages import pages
from headrace.serve.gateway.platform import Platform
from headrace.serve.gateway.reply import Reply, Send, Stream
from headrace.serve.gateway.request import Request
from headrace.serve.gateway.router import Router
from headrace.serve.problems import Problem
from headrace.serve.traceparent import trace_id

Scope = MutableMapping[str, Any]

log = structlog.get_logger("headrace.gateway")

AWAY = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidTransactionStateError,
)
"""How a database that is away or too slow shows itself; a time-out is an intervention to it."""


class Gateway:
    """`start` before the first request and `stop` after the last, by hand or as ASGI lifespan.

    Until it is started it can be pickled, if `partitions` can.
    """

    def __init__(
        self,
        settings: Settings,
        partitions: PartitionClient,
        pool: asyncpg.Pool | None = None,
        now: Callable[[], int] = now_us,
    ) -> None:
        self._settings = settings
        self._partitions = partitions
        self._pool = pool
        self._now = now
        families = (*FAMILIES, pages(FAMILIES))
        self._router = Router([route for family in families for route in family.routes])
        self._platform: Platform | None = None

    async def start(self) -> None:
        """Opens connections to the ledger, unless some were given. Raises MasterKeyError."""
        if self._platform is None:
            pool = self._pool or await connect_pool(self._settings, application="headrace gateway")
            master = await bound(pool, self._settings.master_key_file)
            self._platform = Platform(self._settings, self._partitions, pool, master, self._now)

    async def stop(self) -> None:
        """Lets what was submitted finish, then closes the connections that `start` opened."""
        platform, self._platform = self._platform, None
        if platform is not None:
            await platform.submissions.finish(self._settings.call_timeout_s)
            if self._pool is None:
                await platform.pool.close()

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
        platform = self._platform
        if platform is None:
            problem = Problem(Refusal.UNAVAILABLE, "the gateway is starting")
            await reply.problem(problem).send(send, trace_id(None), False)
            return
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        request = Request(scope, receive, path, platform.admission)
        try:
            operation, answer = await self._answer(platform, request)
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
        platform.counters.answered(operation, answer.status, perf_counter() - started)

    async def _answer(self, platform: Platform, request: Request) -> tuple[str, Reply | Stream]:
        operation = "unmatched"
        try:
            route, request.params = self._router.find(request.method, request.path)
            operation = route.handler.__name__
            if route.role is not None:
                request.caller = await platform.authentication.caller(request.headers)
                require(request.caller, route.role)
            return operation, await route.handler(platform, request)
        except Problem as problem:
            return operation, reply.problem(problem)
        except ClientGone:
            raise
        except AWAY as error:
            log.warning("ledger_away", error=repr(error), trace=request.trace.hex())
            away = Problem(Refusal.UNAVAILABLE, "the ledger does not answer")
            return operation, reply.problem(away)
        except Exception:
            log.exception("not_answered", operation=operation, trace=request.trace.hex())
            return operation, reply.problem(Problem(Refusal.INTERNAL_ERROR))


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
