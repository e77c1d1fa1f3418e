"""Clients as good ones are: seeded, and asking again with the same key until told for good."""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

import httpx

from headrace.loadtests.chaos.clocks import Clocks
from headrace.loadtests.chaos.log import Log, Sent, Told
from headrace.runtime.clock import iso, to_us

Json = dict[str, Any]
ACCOUNTS = 60
DEPOSIT = 10_000_000
BATCH = 100
EXPIRES_IN_S = (1, 15)
"""Of holds that are left alone."""
TIMEOUT_S = 12.0
ATTEMPT_S_MAX = 150.0
"""How long one request is tried; a platform killed needs half a minute to come back."""
PAUSE_S, PAUSE_MAX_S = 0.05, 1.0
PROBE_PAUSE_MAX_S = 0.05
"""A probe tells when an answer comes again: it asks without growing patience."""
AGAIN = frozenset({408, 425, 429})
REMEMBERED = 200
"""Requests that were answered, of which some are sent again."""


class GaveUp(Exception):
    """No final answer in ATTEMPT_S_MAX: the platform did not come back."""


class Asked(NamedTuple):
    """A POST under a key."""

    key: str
    path: str
    body: Json | None
    headers: Mapping[str, str]


def account(number: int) -> str:
    return f"chaos-{number}"


class Client:
    """One of several over one connection pool; `stop` is asked before each new request."""

    def __init__(
        self, http: httpx.AsyncClient, log: Log, clocks: Clocks, name: str, seed: int
    ) -> None:
        self._http, self._log, self._clocks, self._name = http, log, clocks, name
        self._random = Random(f"{seed} {name}")
        self._keys = itertools.count()
        self._pause_s_max = PAUSE_MAX_S
        self._answered: deque[Asked] = deque(maxlen=REMEMBERED)
        self.asked_at = 0.0
        """When the last attempt left, by the monotonic clock."""

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            often = (self._single, self._batch, self._batch, self._hold, self._refund)
            work = (*often, *often, self._again)
            await self._random.choice(work)()
            await asyncio.sleep(0.05)

    async def open_accounts(self) -> None:
        accounts = [
            {"id": account(i), "currency": "EUR", "opening_deposit": DEPOSIT}
            for i in range(ACCOUNTS + 1)
        ]
        (await self._send("POST", "/v1/account-batches", accounts)).raise_for_status()

    async def probe(self, debtor: str) -> None:
        """One payment by this debtor, answered."""
        self._pause_s_max = PROBE_PAUSE_MAX_S
        await self._pay(self._payment() | {"debtor": debtor, "creditor": account(ACCOUNTS)})

    def _payment(self) -> Json:
        debtor, creditor = self._random.sample(range(ACCOUNTS), 2)
        payment = {
            "debtor": account(debtor),
            "creditor": account(creditor),
            "amount": self._random.randint(1, 3000),
            "currency": "EUR",
        }
        if self._random.random() < 0.3:
            payment["occurred_at"] = iso(self._clocks.clients_now())
        return payment

    def _key(self) -> str:
        return f"{self._name}-{next(self._keys)}"

    async def _single(self) -> None:
        await self._pay(self._payment())

    async def _batch(self) -> None:
        items = [self._payment() | {"idempotency_key": self._key()} for _ in range(BATCH)]
        for item in items:
            self._sent_payment(item["idempotency_key"], item)
        deadline = asyncio.get_running_loop().time() + ATTEMPT_S_MAX
        while items:
            answer = await self._send("POST", "/v1/payment-batches", items)
            if answer.status_code != 200:
                for item in items:
                    self._told(item["idempotency_key"], answer.status_code, answer.json())
                return
            left = []
            for item, result in zip(items, answer.json()["results"], strict=True):
                if result["status"] >= 500 or result["status"] in AGAIN:
                    left.append(item)
                else:
                    told = result["payment" if result["status"] < 300 else "problem"]
                    self._told(item["idempotency_key"], result["status"], told)
            items = left
            if items:
                if asyncio.get_running_loop().time() > deadline:
                    raise GaveUp(f"{len(items)} items of a batch")
                await asyncio.sleep(PAUSE_S * 4)

    async def _hold(self) -> None:
        body = self._payment() | {"capture": "manual"}
        if self._random.random() < 0.3:
            await self._pay(body | {"expires_in_s": self._random.randint(*EXPIRES_IN_S)})
            return
        held = await self._pay(body)
        if held.get("status") != "authorized":
            return
        if self._random.random() < 0.4:
            await self._act(held["id"], "cancel", 0, f"/v1/payments/{held['id']}/cancel")
            return
        part = self._random.randint(1, body["amount"])
        path = f"/v1/payments/{held['id']}/captures"
        await self._act(held["id"], "capture", part, path, {"amount": part, "final": True})

    async def _refund(self) -> None:
        body = self._payment()
        paid = await self._pay(body, {"Prefer": "wait=5"})
        if paid.get("status") != "settled":
            return
        part = self._random.randint(1, body["amount"])
        path = f"/v1/payments/{paid['id']}/refunds"
        await self._act(paid["id"], "refund", part, path, {"amount": part})

    async def _again(self) -> None:
        """What was answered before, perhaps by a process that is gone since."""
        if self._answered:
            await self._ask(self._random.choice(self._answered))

    async def _pay(self, body: Json, headers: dict[str, str] | None = None) -> Json:
        key = self._key()
        self._sent_payment(key, body)
        asked = Asked(key, "/v1/payments", body, headers or {})
        answer = await self._ask(asked)
        self._answered.append(asked)
        return answer

    async def _act(
        self, payment: str, operation: str, amount: int, path: str, body: Json | None = None
    ) -> None:
        key = self._key()
        self._log.write(Sent(key, operation, amount, payment=payment))
        asked = Asked(key, path, body, {})
        await self._ask(asked)
        self._answered.append(asked)

    async def _ask(self, asked: Asked) -> Json:
        """The answer, written down."""
        headers = {"Idempotency-Key": asked.key, **asked.headers}
        answer = await self._send("POST", asked.path, asked.body, headers)
        told: Json = answer.json()
        self._told(asked.key, answer.status_code, told)
        return told

    def _sent_payment(self, key: str, body: Json) -> None:
        moment = body.get("occurred_at")
        self._log.write(
            Sent(
                key, "payment", body["amount"], body["debtor"], body["creditor"],
                occurred_at=to_us(datetime.fromisoformat(moment)) if moment else 0,
                expires_in_s=body.get("expires_in_s", 0),
            )
        )  # fmt: skip

    def _told(self, key: str, status: int, told: Json) -> None:
        """A payment, a capture or refund with its payment, or a problem."""
        if status >= 300:
            self._log.write(Told(key, status, refusal=told["code"]))
            return
        payment = told.get("payment", told)
        self._log.write(
            Told(key, status, payment["id"], payment["status"], amount=told.get("amount", 0))
        )

    async def _send(
        self, method: str, path: str, body: Any, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """The first answer that another attempt would not change. Raises GaveUp."""
        pause_s, last = PAUSE_S, ""
        deadline = asyncio.get_running_loop().time() + ATTEMPT_S_MAX
        while asyncio.get_running_loop().time() < deadline:
            self.asked_at = time.monotonic()
            try:
                answer = await self._http.request(method, path, json=body, headers=headers)
                last = f"{answer.status_code} {answer.text[:200]}"
                if _is_final(answer):
                    return answer
            except httpx.HTTPError as error:
                last = repr(error)
            await asyncio.sleep(pause_s * (0.5 + self._random.random()))
            pause_s = min(pause_s * 2, self._pause_s_max)
        raise GaveUp(f"{method} {path}: {last}")


def _is_final(answer: httpx.Response) -> bool:
    """A 4xx that isn't ours comes from a proxy whose platform is on its way."""
    if answer.status_code < 300:
        return True
    ours = answer.headers.get("content-type", "").startswith("application/problem+json")
    return ours and answer.status_code < 500 and answer.status_code not in AGAIN
