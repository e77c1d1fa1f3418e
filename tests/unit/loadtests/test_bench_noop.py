"""The ceiling is a ceiling only with the gateway's own options."""

from typing import Any

import pytest

from headrace.loadtests.bench import noop
from headrace.serve import app
from headrace.serve.gateway import asgi


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADRACE_GATEWAYS", "3")
    monkeypatch.setenv("HEADRACE_GATEWAY_REQUESTS_MAX", "41000")


def test_it_is_deployed_as_the_gateway_is() -> None:
    ceiling = noop.build({})._bound_deployment
    gateway = app.build({})._bound_deployment
    assert (ceiling.num_replicas, ceiling.max_ongoing_requests) == (3, 41_000)
    assert ceiling._deployment_config == gateway._deployment_config
    assert ceiling.ray_actor_options == gateway.ray_actor_options


async def test_it_reads_the_whole_body_and_answers_as_for_a_payment() -> None:
    pieces = iter(
        [
            {"type": "http.request", "body": b"{", "more_body": True},
            {"type": "http.request", "body": b"}", "more_body": False},
        ]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(pieces)

    async def send(message: Any) -> None:
        sent.append(message)

    await noop.NoopApp(early=False)({"type": "http"}, receive, send)
    assert next(pieces, None) is None
    assert [message.get("status") for message in sent] == [201, None]
    assert sent[1]["body"] == noop.BODY


@pytest.mark.parametrize("early", [False, True])
async def test_only_the_early_one_takes_requests_as_the_gateway_does(
    monkeypatch: pytest.MonkeyPatch, early: bool
) -> None:
    by_serve: list[Any] = []
    monkeypatch.setattr(asgi, "_taker", None)
    started = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(started, {"type": "http.request", "body": b"", "more_body": False})

    async def send(message: Any) -> None:
        sent.append(message)

    async def serves_own_handling(scope: Any, receive: Any, send: Any) -> None:
        by_serve.append(scope)

    await noop.NoopApp(early)({"type": "lifespan"}, receive, send)
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete", "lifespan.shutdown.complete",
    ]  # fmt: skip
    scope = {"type": "http", "path": "/noop/v1/payments"}
    await asgi.BeforeServe(serves_own_handling)(scope, receive, send)
    assert by_serve == ([] if early else [scope])
    assert (sent[-1].get("body") == noop.BODY) == early
