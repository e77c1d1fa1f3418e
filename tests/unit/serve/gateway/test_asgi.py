import asyncio
from typing import Any

import pytest

from headrace.serve.gateway import asgi


class App:
    """Remembers the paths that reached it."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.paths.append(scope.get("path", scope["type"]))


def asked(gateway: App | None, monkeypatch: pytest.MonkeyPatch, *scopes: dict[str, str]) -> App:
    """What reached Serve."""
    monkeypatch.setattr(asgi, "_taker", gateway)
    serve = App()
    (middleware,) = asgi.middlewares()
    before = middleware.cls(serve, *middleware.args, **middleware.kwargs)
    for scope in scopes:
        asyncio.run(before(scope, None, None))
    return serve


def http(path: str) -> dict[str, str]:
    return {"type": "http", "path": path}


def test_a_gateways_replica_answers_before_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = App()
    serve = asked(gateway, monkeypatch, http("/v1/payments"), http("/docs"))
    assert gateway.paths == ["/v1/payments", "/docs"]
    assert serve.paths == []


def test_serves_health_check_and_lifespan_stay_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = App()
    serve = asked(gateway, monkeypatch, http("/-/healthz"), http("/-/routes"), {"type": "lifespan"})
    assert serve.paths == ["/-/healthz", "/-/routes", "lifespan"]
    assert gateway.paths == []


def test_replicas_of_other_deployments_know_no_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(None, monkeypatch, http("/noop")).paths == ["/noop"]
