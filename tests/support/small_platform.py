"""A platform in memory that speaks the batch endpoints and can be made to fail."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Json = dict[str, Any]


class SmallPlatform:
    """Every second payment crosses, where any do: it is answered `authorized` and settles when
    read again. A payment's `status` is its first answer, `now` how it stands.

    `fault` is asked before (False) and after (True) each batch is carried out and may return a
    response to give instead.
    """

    def __init__(self) -> None:
        self.accounts: dict[str, int] = {}
        self.deposits: list[str] = []
        self.payments: dict[str, Json] = {}
        self.posted = 0
        """How many payments moved money."""
        self.batches: dict[str, list[str]] = {}
        self.out = 0
        self.out_max = 0
        self.fault: Callable[[bool, list[Json]], Response | None] = lambda after, items: None
        self.away: Callable[[Json], bool] = lambda item: False
        self.reads_until_settled = 1
        self.crossing = True
        self.opening_s = 0.0
        """How long an account batch takes before anything is open."""

    def pay(self, item: Json, seen: set[str]) -> Json:
        key = item["idempotency_key"]
        if key in seen:
            return problem(422, "duplicate_key_in_batch", "idempotency_key")
        seen.add(key)
        fingerprint = hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
        known = self.payments.get(key)
        if known is not None:
            if known["fingerprint"] != fingerprint:
                return problem(422, "key_reused", "idempotency_key")
            return self.answer(key, replayed=True)
        if self.away(item):
            return problem(503, "unavailable", "")
        for side in ("debtor", "creditor"):
            if item[side] not in self.accounts:
                return problem(404, "unknown_account", side)
        status, reason = "settled", None
        if self.accounts[item["debtor"]] < item["amount"]:
            status, reason = "declined", "insufficient_funds"
        elif item.get("metadata", {}).get("review"):
            status = "in_review"
        elif item.get("capture") == "manual" or (self.crossing and len(self.payments) % 2):
            status = "authorized"
        if reason is None:
            self.accounts[item["debtor"]] -= item["amount"]
            self.accounts[item["creditor"]] += item["amount"]
            self.posted += 1
        self.payments[key] = {
            "fingerprint": fingerprint, "item": item, "status": status, "reason": reason,
            "reads": 0, "id": f"payment-{len(self.payments)}",
        }  # fmt: skip
        return self.answer(key, replayed=False)

    def answer(self, key: str, replayed: bool) -> Json:
        kept = self.payments[key]
        payment = {
            "id": kept["id"], "status": kept["status"], "idempotency_key": key,
            "risk_score": 12, "risk_degraded": False,
        }  # fmt: skip
        if kept["reason"]:
            payment["decline_reason"] = kept["reason"]
        return {"status": 201, "payment": payment, "replayed": replayed}

    def read(self, key: str) -> Json:
        kept = self.payments.get(key)
        if kept is None:
            return problem(404, "unknown_payment", "")
        kept["reads"] += 1
        crossing = kept["status"] == "authorized" and kept["item"].get("capture") != "manual"
        if crossing and kept["reads"] >= self.reads_until_settled:
            kept["now"] = "settled"
        told = self.answer(key, replayed=False)
        told["payment"]["status"] = kept.get("now", kept["status"])
        return told

    async def post_batch(self, request: Request) -> Response:
        self.out += 1
        self.out_max = max(self.out_max, self.out)
        try:
            items = [json.loads(line) for line in (await request.body()).splitlines()]
            await asyncio.sleep(0.001)
            if (instead := self.fault(False, items)) is not None:
                return instead
            seen: set[str] = set()
            results = [self.pay(item, seen) for item in items]
            batch = f"batch-{len(self.batches)}"
            self.batches[batch] = [item["idempotency_key"] for item in items]
            if (instead := self.fault(True, items)) is not None:
                return instead
            return JSONResponse({"id": batch, "results": results})
        finally:
            self.out -= 1

    async def get_batch(self, request: Request) -> Response:
        keys = self.batches[request.path_params["batch"]]
        return JSONResponse({"id": "x", "results": [self.read(key) for key in keys]})

    async def post_accounts(self, request: Request) -> Response:
        results: list[Json] = []
        await asyncio.sleep(self.opening_s)
        for line in (await request.body()).splitlines():
            item = json.loads(line)
            existed = item["id"] in self.accounts
            self.accounts.setdefault(item["id"], 0)
            if item.get("opening_deposit") and item["id"] not in self.deposits:
                self.deposits.append(item["id"])
                self.accounts[item["id"]] += item["opening_deposit"]
            results.append({"status": 200 if existed else 201, "account": {"id": item["id"]}})
        return JSONResponse({"results": results})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/payment-batches", self.post_batch, methods=["POST"]),
                Route("/v1/payment-batches/{batch}", self.get_batch),
                Route("/v1/account-batches", self.post_accounts, methods=["POST"]),
            ]
        )

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Listens on a free port and yields the URL."""
        config = uvicorn.Config(self.app(), port=0, log_level="critical", lifespan="off")
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # the test has them
        sock = config.bind_socket()
        sock.listen()  # what connects before the server runs waits
        task = asyncio.create_task(server.serve([sock]))
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task
            sock.close()


def problem(status: int, code: str, field: str) -> Json:
    """An item that was refused."""
    errors = [{"field": field, "reason": code}] if field else []
    told = {"type": f"/problems/{code}", "status": status, "code": code, "title": code}
    return {"status": status, "problem": told | {"errors": errors}}
