"""The gateway as Serve binds it: put together in the process in which it serves."""

from starlette.middleware import Middleware
from starlette.types import ASGIApp

from headrace.actors.partition_client import PartitionClient
from headrace.actors.ray_actors import RayActors
from headrace.actors.ray_workers import all_told
from headrace.runtime import logs
from headrace.runtime import settings as settings_module
from headrace.runtime.garbage import collect_rarely
from headrace.serve.gateway.app import Gateway
from headrace.serve.http import foreign_answers, protocol
from headrace.serve.http.admission import Receive
from headrace.serve.http.reply import Send
from headrace.serve.http.server import Scope

SERVES_OWN = "/-/"
"""Paths that Serve answers: whether the replica lives, and what it serves."""

_taker: ASGIApp | None = None
"""Takes this process's requests, once its replica has been asked to start."""


def take_requests(app: ASGIApp) -> ASGIApp:
    """Gives `app` the requests of this process's replica; returns it."""
    global _taker
    _taker = app
    return app


class GatewayApp:
    """An ASGI object without state, for serve.ingress; the server's lifespan starts it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gateway = _taker or take_requests(_put_together())
        await gateway(scope, receive, send)


class BeforeServe:
    """In a gateway's replica, takes requests before Serve's own handling of them, which costs more
    than all that the gateway does; it is Serve's replica, server and HAProxy all the same.

    What Serve would do is done here: `serve.admission` bounds what is under way, `counters` counts,
    the server waits for open requests when it stops. Serve's own proxy and replicas of other
    deployments, where no gateway is, go on to Serve; its errors are told as problems of ours.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._serve = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(SERVES_OWN):
            await self._serve(scope, receive, send)
        elif _taker is None:
            await foreign_answers.as_problems(self._serve, scope, receive, send)
        else:
            await _taker(scope, receive, send)


def middlewares() -> list[Middleware]:
    """What RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH names: called before each server's start."""
    protocol.use()
    return [Middleware(BeforeServe)]


def _put_together() -> Gateway:
    settings = settings_module.load()
    logs.configure(settings.cell.log_level, "gateway")
    collect_rarely()
    actors = RayActors(settings.cell, settings.ledger, settings.calls)
    beside = all_told(settings.cell)
    return Gateway(settings, PartitionClient(settings.cell, settings.calls, actors, beside))
