"""Customers who pay, merchants who look after their money, integrators who send in bulk.

    locust -f loadtests/locustfile.py --headless --users 50 --spawn-rate 10 --run-time 1m

HEADRACE_URL and HEADRACE_API_KEY (an administrator's) stand in for --host and --api-key. A decline
is an answer, not a failure; so is a refusal that a person can meet in daily business.
"""

import random
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import msgspec
from gevent.event import Event
from locust import FastHttpUser, between, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from headrace.loadtests import town
from headrace.runtime.risk.generator import Transaction

BUSINESS = frozenset({"wrong_state", "amount_too_large", "insufficient_funds", "account_frozen"})
"""Problem codes that tell of the payment's or account's state and not of a fault."""

BATCH_ITEMS = 200
OPENING_TIMEOUT_S = 60.0
Json = dict[str, Any]


def add_arguments(parser: LocustArgumentParser) -> None:
    """Our options beside Locust's."""
    parser.add_argument("--api-key", env_var="HEADRACE_API_KEY", default="", is_secret=True)
    parser.add_argument("--headrace-url", env_var="HEADRACE_URL", default="")
    parser.add_argument("--seed", type=int, default=1, help="of the town's payments")


def use_url(environment: Environment, **_: object) -> None:
    """--host wins over HEADRACE_URL."""
    options = environment.parsed_options
    if environment.host is None and options is not None and options.headrace_url:
        environment.host = options.headrace_url


events.init_command_line_parser.add_listener(add_arguments)  # type: ignore[no-untyped-call]  # has no types
events.init.add_listener(use_url)  # type: ignore[no-untyped-call]  # has no types


class HeadraceUser(FastHttpUser):
    """Someone with the tenant's key. `next_payment` draws from the town's."""

    abstract = True
    payments: Iterator[Transaction] | None = None
    """One for all users of a process."""
    opening = False
    opened = Event()

    def on_start(self) -> None:
        """The first user of a process opens the town's accounts; the others wait for that."""
        options = self.environment.parsed_options
        self.headers = {"Authorization": f"Bearer {options.api_key}"}
        if HeadraceUser.payments is None:
            HeadraceUser.payments = town.transactions(options.seed)
        if not HeadraceUser.opening:
            HeadraceUser.opening = True
            self.ask("POST", "/v1/account-batches", town.accounts(), "open accounts")
            HeadraceUser.opened.set()
        if not HeadraceUser.opened.wait(OPENING_TIMEOUT_S):
            raise RuntimeError("the town's accounts are not open")
        self.recent: list[str] = []

    def next_payment(self) -> Transaction:
        if HeadraceUser.payments is None:
            raise RuntimeError("on_start was not called")
        return next(HeadraceUser.payments)

    def ask(
        self, method: str, path: str, body: object = None, name: str = "", **headers: str
    ) -> Json:
        """The answer's JSON; {} when it is a problem. Anything but business is a failure."""
        with self.client.request(
            method, path, name=name or path, catch_response=True,
            headers=self.headers | {"Content-Type": "application/json"} | headers,
            data=None if body is None else msgspec.json.encode(body).decode(),
        ) as response:  # fmt: skip
            try:
                told = msgspec.json.decode(response.content or b"{}", type=Json)
            except msgspec.DecodeError:
                told = {}
            if 200 <= response.status_code < 300:
                response.success()
                return told
            code = told.get("code", f"status {response.status_code}")
            if code in BUSINESS:
                response.success()
            else:
                response.failure(f"{code}: {told.get('detail', '')}")
            return {}

    def pay(self, name: str, prefer: str = "", **more: Any) -> Json:
        """A single payment of the town."""
        headers = {"Idempotency-Key": str(uuid4())} | ({"Prefer": prefer} if prefer else {})
        paid = self.ask(
            "POST", "/v1/payments", town.body(self.next_payment(), **more), name, **headers
        )
        if paid:
            self.recent = [*self.recent[-19:], paid["id"]]
        return paid


class Customer(HeadraceUser):
    """Pays, and now and then looks what became of it."""

    weight = 10
    wait_time = between(0.1, 0.5)

    @task(12)
    def buys(self) -> None:
        self.pay("pay")

    @task(3)
    def waits_at_the_till(self) -> None:
        paid = self.pay("pay and wait", prefer="wait=5")
        if paid.get("status") == "authorized":
            raise RuntimeError(f"{paid['id']} is not final after five seconds")

    @task(1)
    def sends_twice(self) -> None:
        """A phone that lost the answer: the same key again, the same payment back."""
        body, key = town.body(self.next_payment()), {"Idempotency-Key": str(uuid4())}
        first = self.ask("POST", "/v1/payments", body, "pay", **key)
        again = self.ask("POST", "/v1/payments", body, "pay again", **key)
        if first and again and first["id"] != again["id"]:
            raise RuntimeError(f"one key, two payments: {first['id']} and {again['id']}")

    @task(3)
    def looks(self) -> None:
        if self.recent:
            payment = random.choice(self.recent)
            self.ask("GET", f"/v1/payments/{payment}", name="payment")
            self.ask("GET", f"/v1/payments/{payment}/timeline", name="timeline")

    @task(2)
    def reads_the_balance(self) -> None:
        customer = town.customer(random.randrange(town.CUSTOMERS))
        self.ask("GET", f"/v1/accounts/{customer}", name="account")


class Merchant(HeadraceUser):
    """Holds, captures, cancels, refunds; reads statements and lists."""

    weight = 3
    wait_time = between(0.2, 1.0)

    @task(4)
    def holds_and_captures(self) -> None:
        held = self.pay("hold", capture="manual", expires_in_s=3600)
        if held.get("status") != "authorized":
            return
        path = f"/v1/payments/{held['id']}"
        if random.random() < 0.2:
            self._move(f"{path}/cancel", None, "cancel")
            return
        part = max(1, held["amount"] // 2)
        if random.random() < 0.3:
            self._move(f"{path}/captures", {"amount": part, "final": False}, "capture a part")
        self._move(f"{path}/captures", {}, "capture the rest")

    @task(2)
    def refunds(self) -> None:
        paid = self.pay("pay and wait", prefer="wait=5")
        if paid.get("status") == "settled":
            body = {"amount": max(1, paid["amount"] // 3)} if random.random() < 0.5 else {}
            self._move(f"/v1/payments/{paid['id']}/refunds", body, "refund")

    @task(3)
    def reads_the_statement(self) -> None:
        merchant = town.merchant(random.randrange(town.MERCHANTS))
        page = self.ask("GET", f"/v1/accounts/{merchant}/entries?limit=50", name="statement")
        if page.get("next_cursor"):
            self.ask(
                "GET", f"/v1/accounts/{merchant}/entries?limit=50&cursor={page['next_cursor']}",
                name="statement, next page",
            )  # fmt: skip

    @task(2)
    def lists_payments(self) -> None:
        merchant = town.merchant(random.randrange(town.MERCHANTS))
        self.ask("GET", f"/v1/payments?creditor={merchant}&limit=50", name="list payments")

    def _move(self, path: str, body: Json | None, name: str) -> None:
        self.ask("POST", path, body, name, **{"Idempotency-Key": str(uuid4())})


class Integrator(HeadraceUser):
    """Sends batches, reads them again, and asks for payments by their keys."""

    weight = 1
    wait_time = between(0.5, 2.0)

    @task(5)
    def sends_a_batch(self) -> None:
        items = [
            town.body(self.next_payment(), idempotency_key=str(uuid4())) for _ in range(BATCH_ITEMS)
        ]
        answer = self.ask("POST", "/v1/payment-batches", items, "batch")
        if not answer:
            return
        failed = [r for r in answer["results"] if "payment" not in r]
        if failed:
            raise RuntimeError(f"{len(failed)} items refused, the first: {failed[0]['problem']}")
        if random.random() < 0.3:
            self.ask("GET", f"/v1/payment-batches/{answer['id']}", name="batch, read again")
        if random.random() < 0.3:
            key = items[0]["idempotency_key"]
            self.ask("GET", f"/v1/payments?idempotency_key={key}", name="payment by key")

    @task(1)
    def checks_health(self) -> None:
        self.ask("GET", "/readyz", name="readyz")
