"""The ceiling is a ceiling only with the gateway's own options."""

from typing import Any

import pytest

from headrace.loadtests.bench import noop
from headrace.serve import app


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

    await noop.NoopApp()({"type": "http"}, receive, send)
    assert next(pieces, None) is None
    assert [message.get("status") for message in sent] == [201, None]
    assert sent[1]["body"] == noop.BODY
