"""Answers that aren't the gateway's, told as problems: pages of HAProxy, Serve and uvicorn.

A client takes a 404 for "refused". Only the gateway knows that there is nothing at an address;
whoever stands before it knows only that it isn't there.
"""

from typing import Any, NamedTuple

from starlette.types import ASGIApp

from headrace.runtime.refusals import Refusal
from headrace.serve.http.admission import Receive
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import PROBLEM_JSON, Send, problem

ERROR_LEAST = 400
_LATE = "the request's head or body did not arrive in time"
_NO_HTTP = "the request could not be read as HTTP, or asks for a part of it that is not understood"


class Told(NamedTuple):
    """What a client is told instead."""

    refusal: Refusal
    detail: str

    def problem(self) -> Problem:
        return Problem(self.refusal, self.detail)


BROKEN: dict[int, Told] = {
    400: Told(Refusal.MALFORMED_REQUEST, _NO_HTTP),
    405: Told(Refusal.METHOD_NOT_ALLOWED, "the platform does not understand this method"),
    408: Told(Refusal.BODY_TIMED_OUT, _LATE),
    413: Told(Refusal.BODY_TOO_LARGE, "the request is larger than the platform reads"),
    429: Told(Refusal.OVERLOADED, "the gateways have too many requests under way"),
    431: Told(Refusal.MALFORMED_REQUEST, _NO_HTTP),
    501: Told(Refusal.MALFORMED_REQUEST, _NO_HTTP),
}
"""Statuses that are the request's fault, or the crowd's."""
AWAY = Told(Refusal.UNAVAILABLE, "the gateway is starting, stopping or being replaced")
"""Every other one, 404 and 500 too: there was no gateway to answer."""


def told_instead(status: int) -> Told:
    """What an error that the gateway didn't answer is told as."""
    return BROKEN.get(status, AWAY)


async def as_problems(app: ASGIApp, scope: Any, receive: Receive, send: Send) -> None:
    """Runs `app`; its errors that are no problems go out as ours."""
    replaced = False

    async def send_ours(message: Any) -> None:
        nonlocal replaced
        if message["type"] == "http.response.start" and _is_foreign(message):
            replaced = True
            ours = problem(told_instead(message["status"]).problem())
            ours.headers.append((b"content-length", b"%d" % len(ours.body)))
            body = b"" if scope.get("method") == "HEAD" else ours.body
            await send({**message, "status": ours.status, "headers": ours.headers})
            await send({"type": "http.response.body", "body": body})
        elif not replaced:
            await send(message)

    await app(scope, receive, send_ours)


def _is_foreign(start: Any) -> bool:
    if start["status"] < ERROR_LEAST:
        return False
    return dict(start.get("headers") or ()).get(b"content-type") != PROBLEM_JSON
