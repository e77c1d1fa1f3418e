"""What holds on every route: unknown paths, methods, health, metrics, pages, defects."""

import re
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
from openapi_spec_validator import validate

from headrace.runtime.metrics.partition import PARTITION
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.http.problems import CODES

if TYPE_CHECKING:
    from .conftest import House


async def test_unknown_paths_and_methods(house: "House") -> None:
    client = house.client()
    for path in ("/", "/v2/payments", "/v1/payments/", "/docs/x", "/problems/x/y"):
        refused = await client.get(path)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    refused = await client.put("/v1/payments")
    assert (refused.status_code, refused.json()["code"]) == (405, "method_not_allowed")
    assert refused.headers["Allow"] == "GET, HEAD, POST"


async def test_head_answers_without_a_body(house: "House") -> None:
    client = house.client()
    got, headed = await client.get("/v1/payments"), await client.head("/v1/payments")
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["Content-Length"] == got.headers["Content-Length"]


async def test_health_and_readiness(house: "House") -> None:
    client = house.client("nobody")
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).status_code == 200
    house.actors.away = {1}
    refused = await client.get("/readyz")
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.json()["detail"] == "1 of 2 actors are ready"
    assert (await client.get("/healthz")).status_code == 200


async def test_metrics(house: "House") -> None:
    await house.open("alice", "bob")
    body = {"debtor": "alice", "creditor": "bob", "amount": 5, "currency": "EUR"}
    client = house.client()
    await client.post("/v1/payments", json=body, headers={"Idempotency-Key": "k"})
    await client.post(
        "/v1/payments", json={**body, "creditor": "x"}, headers={"Idempotency-Key": "l"}
    )
    text = (await house.client("nobody").get("/metrics")).text
    for line in (
        'headrace_gateway_requests_total{operation="create_payment",status="201"} 1.0',
        'headrace_gateway_requests_total{operation="create_payment",status="404"} 1.0',
        'headrace_gateway_payments_total{outcome="unknown_account"} 1.0',
        'headrace_gateway_request_duration_seconds_count{operation="create_payment"} 2.0',
        'headrace_gateway_taken{what="payments"} 0.0',
        f'headrace_gateway_most{{what="payments"}} {GatewaySettings().gateway_payments_max}.0',
        'headrace_partition_ready{actor="account-partition-1"} 1.0',
    ):
        assert line in text.splitlines()
    assert 'headrace_partition_epoch{actor="account-partition-0"}' in text
    assert 'headrace_partition_commit_seconds_total{actor="account-partition-0"}' in text


async def test_a_partition_counts_what_is_declared_and_all_of_it(house: "House") -> None:
    for partition in house.actors.partitions:
        told = set(partition.stats()) - {"name"}
        assert told == set(PARTITION.metrics) - {"waiting_in_gateway"}


async def test_the_document_and_the_pages(house: "House") -> None:
    client = house.client("nobody")
    document = await client.get("/openapi.json")
    validate(document.json())
    for path in ("/docs", "/problems", *(f"/problems/{code}" for code in CODES.values())):
        page = await client.get(path)
        assert page.status_code == 200
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
        sheet = await client.get(style)
        assert sheet.headers["Content-Type"] == "text/css; charset=utf-8"
        assert "immutable" in sheet.headers["Cache-Control"]
    assert (await client.get("/problems/nonsense")).status_code == 404


async def test_a_defect_is_a_problem_with_a_trace(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> None:
        raise ZeroDivisionError("hr_secret")

    monkeypatch.setattr(house.gateway._services.reader, "accounts", broken)  # type: ignore[union-attr]  # it has started
    answer = await house.client().get("/v1/accounts")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.headers["Trace-Id"]
    assert "ZeroDivision" not in answer.text
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "error",
    [asyncpg.QueryCanceledError("slow"), ConnectionRefusedError(), TimeoutError(),
     asyncpg.CannotConnectNowError("starting"), asyncpg.InterfaceError("closed")],
)  # fmt: skip
async def test_a_ledger_that_is_away(
    house: "House", monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async def away(*_: Any) -> None:
        raise error

    monkeypatch.setattr(house.gateway._services.reader, "accounts", away)  # type: ignore[union-attr]  # it has started
    answer = await house.client().get("/v1/accounts")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "2"


async def test_lifespan_starts_and_stops(house: "House") -> None:
    from headrace.serve.gateway.app import Gateway

    gateway = Gateway(house.settings, house.gateway._partitions)
    sent: list[Any] = []
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await gateway({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
