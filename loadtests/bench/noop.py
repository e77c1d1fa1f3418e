"""The most that a gateway could do: an ingress like it that answers without doing anything.

Deployed beside the platform's application for as long as a bench lasts, behind the same HAProxy and
with the gateway's options, twice: `noop` as Serve hands requests to a deployment, whose rate is
Serve's ceiling, and `noop_early`, which takes them before Serve's handling, as the gateway does.
"""

from typing import Any

from ray import serve
from ray.serve import Application

from headrace.runtime import settings as settings_module
from headrace.serve.gateway.asgi import take_requests
from headrace.serve.http.admission import Receive
from headrace.serve.http.reply import Send
from headrace.serve.http.server import Scope

BODY = b'{"status":"settled"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))]


class NoopApp:
    """Reads a request's body and answers 201."""

    def __init__(self, early: bool) -> None:
        self._early = early

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            if self._early:
                take_requests(self)
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        while (await receive()).get("more_body", False):
            pass
        await send({"type": "http.response.start", "status": 201, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})


class Noop:
    """The ingress: every request goes straight to the ASGI object."""


def build(arguments: dict[str, Any]) -> Application:
    """An application with the options of serve/app.py's gateway; `early`: it takes requests as the
    gateway does."""
    settings = settings_module.load()
    deployment = serve.deployment(
        name="noop",
        num_replicas=settings.cell.gateways,
        max_ongoing_requests=settings.gateway.gateway_requests_max,
        health_check_period_s=settings.cell.health_check_s,
    )(serve.ingress(NoopApp(bool(arguments.get("early"))))(Noop))
    return deployment.bind()
