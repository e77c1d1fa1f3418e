"""One tenant does its worst; another's ordinary, paced payments are never refused."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from headrace.loadtests.books.api import Told
from headrace.loadtests.books.model.account import AMOUNT_MAX, BALANCE_MAX
from headrace.loadtests.books.model.currencies import FRESH
from headrace.loadtests.books.model.risk import REVIEW_FROM
from headrace.loadtests.books.scenarios.scene import Json, Scene, payment

Way = Callable[[], Awaitable[object]]
ACCOUNTS = 48
PACE_S = 0.025
"""Between two bystanders."""
KEYS = 400
CLOSE_TO_63 = 9_223_372_036_854_675_307
"""And refunded 100,000 more, it leaves 64 bits."""


class Bystanders(Scene):
    """They pay one another in turn, each payment sent once."""

    async def begin(self) -> None:
        """Their accounts, on every actor."""
        await self.open(
            [
                {"id": self.account(n), "currency": "EUR", "opening_deposit": 100_000}
                for n in range(ACCOUNTS)
            ]
        )

    async def play_for(self, seconds: float) -> None:
        """As many a second, however long they take. What is not answered 201 is one refused."""
        end = time.monotonic() + seconds
        under_way: set[asyncio.Task[None]] = set()
        while time.monotonic() < end:
            task = asyncio.create_task(self._pay(end))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            await asyncio.sleep(PACE_S)
        if under_way:
            await asyncio.wait(under_way)

    async def _pay(self, end: float) -> None:
        one, other = self.random.sample(range(ACCOUNTS), 2)
        asked = payment(self.account(one), self.account(other), self.random.randint(1, 50))
        begun = time.monotonic()
        told = await self.api.once("POST", "/v1/payments", asked, self.key())
        self.tally.bystanders_ms.append((time.monotonic() - begun) * 1_000)
        self.tally.bystanders_tried += 1
        self.tally.operations += 1
        if told is None or told.status != 201:
            what = f"{told.status} {told.code}" if told else "no answer"
            left_s = end - time.monotonic()
            self.tally.bystanders_refused.append(f"{left_s:.1f} s before the end: {what}")


class Worst(Scene):
    """A tenant that tries what has taken an actor from all before. How it is answered is its own
    affair, as long as it is answered."""

    async def play_for(self, seconds: float) -> None:
        """Everything at once, again and again: poison, not volume."""
        end = time.monotonic() + seconds
        await self.open(
            [
                {"id": self.account(n), "currency": "EUR", "opening_deposit": 50_000_000}
                for n in range(ACCOUNTS)
            ]
        )
        self._old = [self._item(n % 40, 40 + n % 8, 1) for n in range(KEYS)]
        await self._batch(self._old)

        async def keep_at(every_s: float, way: Way) -> None:
            while time.monotonic() < end:
                begun = time.monotonic()
                await way()
                await asyncio.sleep(max(0.0, begun + every_s - time.monotonic()))

        await asyncio.gather(*(keep_at(every_s, way) for way, every_s in self.ways().items()))

    def ways(self) -> Mapping[Way, float]:
        """And how often, in seconds."""
        return {
            self._send_again: 0.1, self._chain: 0.3, self._open_and_use: 0.5,
            self._leave_64_bits: 0.5, self._limits_under_load: 0.7, self._same_keys_crosswise: 1.0,
        }  # fmt: skip

    def _item(self, debtor: int, creditor: int, amount: int) -> Json:
        asked = payment(self.account(debtor), self.account(creditor), amount)
        return {**asked, "idempotency_key": self.key()}

    async def _post(self, path: str, body: object = None) -> Told | None:
        self.tally.operations += 1
        return await self.api.once("POST", path, body, self.key())

    async def _batch(self, items: list[Json]) -> None:
        self.tally.operations += len(items)
        await self.api.once("POST", "/v1/payment-batches", items)

    async def _leave_64_bits(self) -> None:
        """An account as full as it can be, and money that still comes back to it."""
        number = self._keys
        full, other = self.account(f"full{number}"), self.account(f"spare{number}")
        for id in (full, other):
            await self._post("/v1/accounts", {"id": id, "currency": "EUR"})
        money = {"amount": 100_000, "currency": "EUR"}
        await self._post(f"/v1/accounts/{full}/deposits", money)
        told = await self._post("/v1/payments", payment(full, other, 100_000))
        for amount in (
            2**63 - 1, CLOSE_TO_63, *[AMOUNT_MAX] * 9, BALANCE_MAX - 9 * AMOUNT_MAX,
            BALANCE_MAX - 9 * AMOUNT_MAX - 50_000,
        ):  # fmt: skip
            body = {"amount": amount, "currency": "EUR"}
            await self._post(f"/v1/accounts/{full}/deposits", body)
        if told is not None and told.status == 201:
            await self._post(f"/v1/payments/{told.body['id']}/refunds")
        await self._post("/v1/payments", payment(self.account(0), full, 2_000_000 - 1))
        held = payment(self.account(1), full, REVIEW_FROM)
        await self._post("/v1/payments", held)

    async def _open_and_use(self) -> None:
        """Deposits to accounts not yet open, in currencies that no partition has seen."""
        work = []
        for _ in range(20):
            id, currency = self.account(f"new{self.key()}"), self.random.choice(FRESH)
            money = {"amount": 100, "currency": currency}
            work += [
                self._post("/v1/accounts", {"id": id, "currency": currency}),
                self._post(f"/v1/accounts/{id}/deposits", money),
            ]
        await asyncio.gather(*work)

    async def _same_keys_crosswise(self) -> None:
        """The same keys for two debtors, in opposite order, at the same time."""
        there = [self._item(0, 9, 1) for _ in range(KEYS)]
        debtor = self.account(self.random.randrange(1, 9))
        back = [{**item, "debtor": debtor} for item in reversed(there)]
        await asyncio.gather(self._batch(there), self._batch(back))

    async def _send_again(self) -> None:
        """Old keys among new ones, and old keys for other payments."""
        some = self.random.sample(self._old, 10)
        others = [{**item, "amount": 2} for item in self.random.sample(self._old, 10)]
        fresh = [self._item(n % 40, 40 + n % 8, 1) for n in range(40)]
        items = list({i["idempotency_key"]: i for i in (*some, *others, *fresh)}.values())
        self.random.shuffle(items)
        await self._batch(items)

    async def _limits_under_load(self) -> None:
        number = self.random.randrange(20)
        limits = {"limits": {"daily_amount_max": self.random.choice((0, 5_000))}}
        path = f"/v1/accounts/{self.account(number)}"
        self.tally.operations += 1
        await asyncio.gather(
            self._batch([self._item(number, 40, 100) for _ in range(50)]),
            self.api.once("PATCH", path, limits),
            self._batch([self._item(number, 41, 100) for _ in range(60)]),
        )

    async def _chain(self) -> None:
        """Opened, frozen, thawed, funded, paid from and closed, all in flight together."""
        id = self.account(f"chain{self.key()}")
        path = f"/v1/accounts/{id}"
        await asyncio.gather(
            self._post("/v1/accounts", {"id": id, "currency": "EUR"}),
            self._post(f"{path}/freeze"), self._post(f"{path}/unfreeze"),
            self._post(f"{path}/deposits", {"amount": 9, "currency": "EUR"}),
            self._post("/v1/payments", payment(id, self.account(3), 9)),
            self._post("/v1/payments", payment(self.account(3), id, 9)),
            self._post(f"{path}/close"),
        )  # fmt: skip
