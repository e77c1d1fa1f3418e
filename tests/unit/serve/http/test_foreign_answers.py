"""Serve's own errors, where no gateway is in its process, go out as problems of ours."""

import asyncio
import json
from typing import Any

import pytest

from headrace.serve.gateway import asgi

Messages = list[dict[str, Any]]


def answered(
    monkeypatch: pytest.MonkeyPatch, path: str, status: int, media: bytes = b"text/plain"
) -> Messages:
    """What is sent when Serve answers so."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", media), (b"content-length", b"4")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"te", "more_body": True})
        await send({"type": "http.response.body", "body": b"xt"})

    sent: Messages = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    monkeypatch.setattr(asgi, "_taker", None)
    scope = {"type": "http", "path": path, "method": "GET"}
    asyncio.run(asgi.BeforeServe(serve)(scope, None, send))  # type: ignore[arg-type]  # receives nothing
    return sent


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "unavailable"), (500, "unavailable"), (408, "body_timed_out"), (429, "overloaded")],
)
def test_serves_errors_are_told_as_ours(
    monkeypatch: pytest.MonkeyPatch, status: int, code: str
) -> None:
    start, body = answered(monkeypatch, "/v1/payments", status)
    headers = dict(start["headers"])
    problem = json.loads(body["body"])
    assert (problem["status"], problem["code"]) == (start["status"], code)
    assert headers[b"content-type"] == b"application/problem+json"
    assert int(headers[b"content-length"]) == len(body["body"])
    assert (b"retry-after" in headers) == (start["status"] in (429, 503))


@pytest.mark.parametrize(
    ("path", "status", "media"),
    [
        ("/-/routes", 404, b"text/plain"),
        ("/v1/payments", 201, b"application/json"),
        ("/v1/payments", 404, b"application/problem+json"),
    ],
)
def test_what_is_ours_or_no_error_passes(
    monkeypatch: pytest.MonkeyPatch, path: str, status: int, media: bytes
) -> None:
    sent = answered(monkeypatch, path, status, media)
    assert sent[0]["status"] == status
    assert b"".join(message["body"] for message in sent[1:]) == b"text"
