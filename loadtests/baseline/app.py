"""The service: FastAPI's routes over one pool of connections a worker."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncpg
import orjson
import uuid_utils
from fastapi import FastAPI, Request, Response
from msgspec import json as msgspec_json
from pydantic import ValidationError

from headrace.loadtests.baseline import accounts, bodies, bulk, loop, single
from headrace.loadtests.baseline.access import Access
from headrace.loadtests.baseline.deciding import Refused
from headrace.loadtests.baseline.orders import (
    ACQUIRE_TIMEOUT_S,
    REASONS,
    SQL,
    STATUSES,
    Directory,
    Paid,
)
from headrace.loadtests.baseline.plan import Answer, Plan
from headrace.loadtests.baseline.schema import connect_pool
from headrace.runtime.clock import iso
from headrace.runtime.database.connect import Connection
from headrace.runtime.money import currency_code
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.accounts import problems as of_accounts
from headrace.serve.gateway.payments import problems as of_payments
from headrace.serve.http.problems import details

TOLD = (of_accounts.PROBLEMS, of_payments.PROBLEMS)
"""Beside HTTP's own, the problems that it answers with: `details` knows what is imported."""
TRIES = 5
"""Of a transaction that PostgreSQL ended as part of a deadlock: single payments and loops lock
accounts before keys, bulk keys before accounts, so that one key sent both ways at the same time can
lead to one. Nothing else can."""
T = TypeVar("T")


def create_app(database_url: str, pool_size: int) -> FastAPI:
    """For one worker."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with connect_pool(database_url, pool_size) as pool:
            app.state.pool = pool
            app.state.directory = Directory()
            app.state.access = Access(pool)
            yield

    app = FastAPI(title="Headrace's baseline", lifespan=lifespan)
    app.add_api_route("/v1/payments", create_payment, methods=["POST"])
    app.add_api_route("/v1/payments/at-once", create_payment_at_once, methods=["POST"])
    app.add_api_route("/v1/payment-batches/bulk", create_bulk, methods=["POST"])
    app.add_api_route(
        "/v1/payment-batches/optimistic-bulk", create_optimistic_bulk, methods=["POST"]
    )
    app.add_api_route("/v1/payment-batches/loop", create_loop, methods=["POST"])
    app.add_api_route("/v1/account-batches", create_accounts, methods=["POST"])
    app.add_api_route("/v1/payments/{payment}", read_payment, methods=["GET"])
    app.add_api_route("/v1/accounts/{account}", read_account, methods=["GET"])
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(ValidationError, _invalid)
    for away in (OSError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError):
        app.add_exception_handler(away, _unavailable)
    return app


async def create_payment(request: Request) -> Response:
    """201 with the payment, settled or declined."""
    return await _payment_by(request, single.pay)


async def create_payment_at_once(request: Request) -> Response:
    """The same, in one statement."""
    return await _payment_by(request, single.pay_at_once)


async def _payment_by(request: Request, pay: Callable[..., Awaitable[Paid]]) -> Response:
    state, headers = request.app.state, request.headers
    tenant = await state.access.tenant(headers.get("authorization", ""))
    body = bodies.payment.validate_json(await request.body())
    key = headers.get("idempotency-key")
    if key is None:
        raise Refused(Refusal.IDEMPOTENCY_KEY_MISSING, "Idempotency-Key")
    bodies.key.validate_python(key)
    paid = await _tried(lambda: pay(state.pool, state.directory, tenant, body, key))
    told = _payment(paid, key, body.debtor, body.creditor, body.amount, body.currency)
    return _json(201, told, {"idempotent-replayed": "true"} if paid.replayed else None)


async def create_bulk(request: Request) -> Response:
    """Every item's result, in their order."""
    return await _batch(request, bulk.pay)


async def create_optimistic_bulk(request: Request) -> Response:
    """The same, written before it is decided."""
    return await _batch(request, bulk.pay_optimistically)


async def create_loop(request: Request) -> Response:
    """The same, item by item."""
    return await _batch(request, loop.pay)


async def _batch(
    request: Request, pay: Callable[[Connection, int, Plan], Awaitable[None]]
) -> Response:
    state = request.app.state
    tenant = await state.access.tenant(request.headers.get("authorization", ""))
    items = bodies.payment_batch.validate_json(await request.body())
    ids = {item.debtor for item in items} | {item.creditor for item in items}

    async def attempt() -> Plan:
        async with state.pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
            plan = Plan(items, await state.directory.numbers(connection, tenant, ids))
            await pay(connection, tenant, plan)
            return plan

    plan = await _tried(attempt)
    results = [_result(key, answer) for key, answer in plan.results()]
    return _json(200, {"id": str(uuid_utils.uuid7()), "results": results})


async def _tried(attempt: Callable[[], Awaitable[T]]) -> T:
    for _ in range(TRIES - 1):
        try:
            return await attempt()
        except asyncpg.DeadlockDetectedError:
            continue
    return await attempt()


async def create_accounts(request: Request) -> Response:
    """Every account's result, in their order."""
    state = request.app.state
    tenant = await state.access.tenant(request.headers.get("authorization", ""))
    items = bodies.account_batch.validate_json(await request.body())
    results = await accounts.open_accounts(state.pool, state.directory, tenant, items)
    told = [
        {"status": details(result.refusal).status, "problem": _problem(result)}
        if isinstance(result, Refused)
        else {"status": result, "account": {"id": item.id, "currency": item.currency}}
        for item, result in zip(items, results, strict=True)
    ]
    return _json(200, {"results": told})


async def read_payment(request: Request) -> Response:
    """As it stands."""
    state = request.app.state
    tenant = await state.access.tenant(request.headers.get("authorization", ""))
    try:
        row = await state.pool.fetchrow(
            SQL["read"], uuid_utils.UUID(request.path_params["payment"]), tenant
        )
    except ValueError:
        row = None
    if row is None:
        raise Refused(Refusal.UNKNOWN_PAYMENT, "payment")
    paid = Paid(row["id"], row["status"], row["reason"], row["created_at"])
    currency = currency_code(row["currency"])
    return _json(
        200, _payment(paid, row["key"], row["debtor"], row["creditor"], row["amount"], currency)
    )


async def read_account(request: Request) -> Response:
    """With its balance."""
    state = request.app.state
    tenant = await state.access.tenant(request.headers.get("authorization", ""))
    return _json(200, await accounts.read(state.pool, tenant, request.path_params["account"]))


def _payment(
    paid: Paid, key: str, debtor: str, creditor: str, amount: int, currency: str
) -> dict[str, Any]:
    return {
        "id": str(paid.id),
        "status": STATUSES[paid.status],
        "debtor": debtor,
        "creditor": creditor,
        "amount": amount,
        "currency": currency,
        "idempotency_key": key,
        "decline_reason": REASONS[paid.reason] if paid.reason else None,
        "created_at": iso(paid.created_at),
    }


def _result(key: str, answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Refused):
        return {"status": details(answer.refusal).status, "problem": _problem(answer)}
    payment = {"id": str(answer.id), "status": STATUSES[answer.status], "idempotency_key": key}
    if answer.reason:
        payment["decline_reason"] = REASONS[answer.reason]
    if answer.replayed:
        return {"status": 201, "payment": payment, "replayed": True}
    return {"status": 201, "payment": payment}


def _json(status: int, told: object, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(told), status, headers, "application/json")


def _problem(refused: Refused) -> orjson.Fragment:
    return orjson.Fragment(msgspec_json.encode(details(refused.refusal, field=refused.field)))


def _refusal(refusal: Refusal, field: str = "", detail: str = "") -> Response:
    told = details(refusal, detail, field)
    return Response(msgspec_json.encode(told), told.status, None, "application/problem+json")


async def _refused(request: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return _refusal(refused.refusal, refused.field)


async def _invalid(request: Request, invalid: Exception) -> Response:
    assert isinstance(invalid, ValidationError)
    first = invalid.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return _refusal(Refusal.MALFORMED_JSON, detail=first["msg"])
    return _refusal(Refusal.INVALID_FIELD, ".".join(map(str, first["loc"])), first["msg"])


async def _unavailable(request: Request, away: Exception) -> Response:
    return _refusal(Refusal.UNAVAILABLE)
