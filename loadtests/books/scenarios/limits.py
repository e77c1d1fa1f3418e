"""Limits set while payments wait, and accounts opened with limits while they are paid from."""

import asyncio

from headrace.loadtests.books import stream
from headrace.loadtests.books.scenarios.scene import Json, Scene, payment

PAYMENTS = 60
AMOUNT = 100


class Limits(Scene):
    """Judged by the events, in the order of the moments at which the ledger has decided."""

    async def play(self, rounds: int) -> None:
        """Each round has an account of its own for each way."""
        await self.open([{"id": self.account("creditor"), "currency": "EUR"}])
        for number in range(rounds):
            await asyncio.gather(
                self._set_under_load(number, "single"), self._set_under_load(number, "batch"),
                self._opened_with_a_limit(number),
            )  # fmt: skip
        events, _ = await stream.read(self.api)
        self.judged("GET /v1/events", stream.order(events))
        ways = ("single", "batch", "opened")
        for debtor in (self.account(f"{way}{n}") for n in range(rounds) for way in ways):
            self.judged(f"limits of {debtor}", stream.limits(events, debtor))

    def _payments(self, debtor: str) -> list[Json]:
        return [
            payment(debtor, self.account("creditor"), self.random.choice((AMOUNT, 1, 399)))
            for _ in range(PAYMENTS)
        ]

    async def _set_under_load(self, number: int, way: str) -> None:
        debtor = self.account(f"{way}{number}")
        await self.open([{"id": debtor, "currency": "EUR", "opening_deposit": 1_000_000}])
        limit = self.random.choice(
            ({"daily_amount_max": 50 * AMOUNT}, {"daily_count_max": 70}, {"payment_max": AMOUNT})
        )
        first, second = self._payments(debtor), self._payments(debtor)
        change = self.api.ask("PATCH", f"/v1/accounts/{debtor}", {"limits": limit})
        if way == "batch":
            work = [self._batch(first), change, self._batch(second)]
        else:
            work = [*map(self._single, first), change, *map(self._single, second)]
        await asyncio.gather(*work)
        await self.api.ask("PATCH", f"/v1/accounts/{debtor}", {"limits": {"daily_amount_max": 0}})
        await self._batch(self._payments(debtor)[:20])

    async def _opened_with_a_limit(self, number: int) -> None:
        debtor = self.account(f"opened{number}")
        account = {
            "id": debtor, "currency": "EUR", "opening_deposit": 100_000,
            "limits": {"daily_amount_max": 10 * AMOUNT, "daily_count_max": 15},
        }  # fmt: skip
        await asyncio.gather(self.open([account]), *map(self._once_open, self._payments(debtor)))

    async def _once_open(self, asked: Json) -> None:
        """Sent again with its key until the account is there."""
        key = self.key()
        for _ in range(200):
            told = await self.api.post("/v1/payments", asked, key)
            if told.code != "unknown_account":
                break
            await asyncio.sleep(0.01)
        self.expect({"POST /v1/payments": asked, "until its debtor is open": key}, told, 201)

    async def _single(self, asked: Json) -> None:
        told = await self.api.post("/v1/payments", asked, self.key())
        self.expect({"POST /v1/payments": asked}, told, 201)

    async def _batch(self, asked: list[Json]) -> None:
        items = [{**one, "idempotency_key": self.key()} for one in asked]
        told = await self.api.post("/v1/payment-batches", items, items=len(items))
        self.expect({"POST /v1/payment-batches": len(items)}, told, 200)
