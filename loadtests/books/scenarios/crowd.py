"""Accounts that everybody pays from and to at once, through both doors."""

import asyncio
import time

from headrace.loadtests.books import judge, sums
from headrace.loadtests.books.api import Unanswered
from headrace.loadtests.books.model.risk import REVIEW_FROM
from headrace.loadtests.books.reading import Unreadable, adjoining_ranges, pages, quiet_moment
from headrace.loadtests.books.scenarios.scene import Json, Scene, payment
from headrace.loadtests.books.tenants import Tenant

RICH, POOR = 5_000_000, 4_000
ACCOUNTS = 14
CLIENTS = 6
BATCH = 200
SETTLE_S = 90.0


class Crowd(Scene):
    """Plays as often as it is told to, and is judged once in the end."""

    def __init__(self, name: str, seed: int, tenant: Tenant, items_max: int) -> None:
        super().__init__(name, seed, tenant)
        self.opened_with = {
            self.account(i): (POOR if i % 4 == 3 else RICH) for i in range(ACCOUNTS)
        }
        self.told: dict[str, Json] = {}
        """By key, what was answered; items of batches in short form."""
        self.found: list[Json] = []
        """After `judge`: all its payments."""
        self._left = items_max
        self._of_debtor: dict[str, list[str]] = {id: [] for id in self.opened_with}
        self._batches: list[tuple[str, list[Json]]] = []

    async def begin(self) -> None:
        """Its accounts."""
        await self.open(
            [
                {"id": id, "currency": "EUR", "opening_deposit": amount}
                for id, amount in self.opened_with.items()
            ]
        )

    async def play_for(self, seconds: float) -> None:
        """Several clients at once."""
        end = time.monotonic() + seconds

        async def client() -> None:
            while time.monotonic() < end and self._left > 0:
                try:
                    await self._something()
                except (Unanswered, Unreadable) as error:
                    self.judged("a request", ["an answer"], str(error))
                    return

        await asyncio.gather(*(client() for _ in range(CLIENTS)))

    async def _something(self) -> None:
        lot = self.random.random()
        if lot < 0.5:
            await self._batch()
        elif lot < 0.65 and self._batches:
            await self._batch_again()
        elif lot < 0.67:
            await self._list()
        elif lot < 0.8:
            await self._single()
        else:
            await self._action()

    def _payment(self) -> Json:
        debtor, creditor = self.random.sample(sorted(self.opened_with), 2)
        lot = self.random.random()
        amount = REVIEW_FROM if lot < 0.002 else self.random.randint(1, 2_000)
        manual = {"capture": "manual"} if lot > 0.93 else {}
        return payment(debtor, creditor, amount, **manual)

    async def _batch(self) -> None:
        size = self.random.choice((3, 50, BATCH, BATCH))
        self._left -= size
        items = [{**self._payment(), "idempotency_key": self.key()} for _ in range(size)]
        name = self.key()
        await self._send(name, items)
        self._batches.append((name, items))

    async def _send(self, name: str, items: list[Json]) -> None:
        told, results = await self.api.post_items("/v1/payment-batches", items, name)
        if not self.judged(
            {"POST /v1/payment-batches": name},
            [] if told.status == 200 and len(results) == len(items) else ["200, each item"],
            told.status,
        ):
            return
        for item, result in zip(items, results, strict=True):
            self._answered(item["idempotency_key"], result["status"], result.get("payment"), item)

    def _answered(self, key: str, status: int, body: Json | None, asked: Json) -> None:
        if status != 201 or not body:
            self.judged({"paid with": key, "asked": asked}, ["201 and a payment"], body or status)
            return
        before = self.told.get(key)
        if before is None:
            self.told[key] = body
            self._of_debtor[asked["debtor"]].append(body["id"])
        elif before["id"] != body["id"]:
            self.judged({"again": key}, [f"payment {before['id']}"], body)

    async def _batch_again(self) -> None:
        name, items = self.random.choice(self._batches[-30:])
        await self._send(name, items)

    async def _single(self) -> None:
        self._left -= 1
        asked, key = self._payment(), self.key()
        told = await self.api.post("/v1/payments", asked, key)
        self._answered(key, told.status, told.body, asked)

    async def _list(self) -> None:
        """A debtor's payments in small pages while others go on paying from it."""
        debtor = self.random.choice(sorted(self.opened_with))
        known = list(self._of_debtor[debtor])
        limit = self.random.choice((40, 300))
        found = await pages(self.api, "/v1/payments", limit=limit, debtor=debtor)
        wrong = judge.page_order(found, known, more_may_come=True)
        self.judged(f"GET /v1/payments?debtor={debtor}&limit={limit}", wrong, len(found))

    async def _action(self) -> None:
        """With a payment that others may act on at this moment: refusals are as good."""
        if not self.told:
            return
        known = self.random.choice(list(self.told.values())[-500:])
        held = known["status"] == "authorized"
        verb = self.random.choice(("captures", "captures", "cancel") if held else ("refunds",))
        body = None if verb == "cancel" else {"amount": self.random.randint(1, 400)}
        if verb == "captures" and body:
            body = {"amount": body["amount"], "final": self.random.random() < 0.5}
        told = await self.api.post(f"/v1/payments/{known['id']}/{verb}", body, self.key())
        right = told.status in (200, 201) or told.code in ("wrong_state", "amount_too_large")
        wrong = [] if right else ["done, wrong_state or amount_too_large"]
        self.judged({f"POST {verb}": known["id"], "body": body}, wrong, told.told())

    async def judge(self) -> None:
        """When all has come to rest: payments, sums, statements, past moments, lists."""
        await self._rest()
        self.judged("all payments", sums.payments(self.told, self.found))
        accounts = [await self.balance(id) for id in self.opened_with]
        self.judged("balances", sums.balances(self.opened_with, self.found, accounts))
        for account in accounts:
            path = f"/v1/accounts/{account['id']}/entries"
            whole = await pages(self.api, path, limit=1000)
            self.judged(f"GET {path}", judge.chain(whole, account), account)
            self.judged(f"GET {path}", sums.overdrawn(whole, 0), account)
            parts, cuts = await adjoining_ranges(self.api, path, whole, self.random)
            self.judged(
                f"GET {path} cut at {cuts}", judge.adjoining(whole, parts),
                [len(part) for part in parts],
            )  # fmt: skip
            for _ in range(3):
                if moment := quiet_moment(whole, self.random):
                    told = await self.api.get(f"/v1/accounts/{account['id']}", at=moment)
                    self.judged(
                        f"GET /v1/accounts/{account['id']}?at={moment}",
                        judge.as_of(whole, moment, told.body), told.body,
                    )  # fmt: skip

    async def _rest(self) -> None:
        deadline = time.monotonic() + SETTLE_S
        while True:
            self.found = []
            for id in self.opened_with:
                self.found += await pages(self.api, "/v1/payments", limit=1000, debtor=id)
            under_way = [
                p["id"]
                for p in self.found
                if (p["status"] == "authorized" and p["capture"] == "automatic")
                or p["status"] == "captured"
                or any(m["status"] == "pending" for m in p["movements"])
            ]
            if not under_way:
                return
            if time.monotonic() > deadline:
                wrong = [f"at rest within {SETTLE_S:.0f} s"]
                self.judged("payments on their way", wrong, under_way[:5])
                return
            await asyncio.sleep(0.5)
