"""Accounts opened and used at the same moment, also in currencies that nobody has used before."""

import asyncio
from collections.abc import Awaitable

from headrace.loadtests.books.api import Told
from headrace.loadtests.books.model.currencies import FRESH
from headrace.loadtests.books.model.risk import REVIEW_FROM
from headrace.loadtests.books.scenarios.scene import Json, Scene, payment

LARGE = REVIEW_FROM + 3_000_000
"""A plain payment of so much is reviewed."""
ATTEMPTS_MAX = 200
PAUSE_S = 0.01


class Openings(Scene):
    """Nothing is killed meanwhile: a 5xx is the platform's own doing."""

    async def play(self, rounds: int) -> None:
        await self.open(
            [{"id": self.account("rich"), "currency": "EUR", "opening_deposit": 900_000_000}]
        )
        for number in range(rounds):
            currency = FRESH[self.random.randrange(len(FRESH))]
            await asyncio.gather(
                self._open_and_deposit(number, currency), self._open_and_pay(number),
                self._open_and_pay_large(number), self._chain(number, currency),
            )  # fmt: skip

    async def _open_and_deposit(self, number: int, currency: str) -> None:
        account = self.account(f"deposited{number}")
        body = {"amount": 5_000, "currency": currency}
        opened, deposited = await asyncio.gather(
            self._calm("/v1/accounts", {"id": account, "currency": currency}),
            self._calm(f"/v1/accounts/{account}/deposits", body, self.key()),
        )
        self.expect(f"POST /v1/accounts {account} {currency}", opened, 201)
        self.expect(f"POST deposit at once to {account} {currency}", deposited, 201)
        found = await self.balance(account)
        self.judged(f"GET {account}", [] if found.get("posted") == 5_000 else ["5000"], found)

    async def _open_and_pay(self, number: int) -> None:
        account = self.account(f"paid{number}")
        pays = [
            self._calm("/v1/payments", payment(self.account("rich"), account, 10), self.key(), True)
            for _ in range(4)
        ]
        opened: Awaitable[Told] = self._calm("/v1/accounts", {"id": account, "currency": "EUR"})
        told = await asyncio.gather(opened, *pays)
        self.expect(f"POST /v1/accounts {account}", told[0], 201)
        for answer in told[1:]:
            right = answer.status == 201 and answer.body["status"] == "settled"
            self.judged(f"pay {account} at once", [] if right else ["settled"], answer.told())
        found = await self.balance(account)
        self.judged(f"GET {account}", [] if found.get("posted") == 40 else ["40"], found)

    async def _open_and_pay_large(self, number: int) -> None:
        """What is reviewed as a plain payment is never let pass because the creditor is new."""
        account = self.account(f"large{number}")
        asked = payment(self.account("rich"), account, LARGE)
        _, *answers = await asyncio.gather(
            self._calm("/v1/accounts", {"id": account, "currency": "EUR"}),
            *(self._calm("/v1/payments", asked, self.key()) for _ in range(3)),
        )
        for told in answers:
            body: Json = told.body if told.status == 201 else {}
            degraded = body.get("risk_degraded") and body["decline_reason"] == "risk_unavailable"
            right = body.get("status") == "in_review" or degraded
            self.judged(f"pay {LARGE} to {account} at once", [] if right else ["in_review"], body)
            if body.get("status") == "in_review":
                path = f"/v1/payments/{body['id']}/cancel"
                self.expect(f"POST {path}", await self.api.post(path, None, self.key()), 200)

    async def _chain(self, number: int, currency: str) -> None:
        """Opened, changed, funded and paid from, all in flight together."""
        one, other = self.account(f"chain{number}"), self.account(f"end{number}")
        limit = {"limits": {"payment_max": 50}}
        body = {"amount": 1_000, "currency": currency}
        told = await asyncio.gather(
            self._calm("/v1/accounts", {"id": one, "currency": currency}),
            self._calm(f"/v1/accounts/{one}", limit, method="PATCH"),
            self._calm(f"/v1/accounts/{one}/deposits", body, self.key()),
            self._calm("/v1/accounts", {"id": other, "currency": currency}),
            self._calm("/v1/payments", payment(one, other, 50, currency), self.key(), True),
        )
        for what, answer in zip(("open", "change", "deposit", "open", "pay"), told, strict=True):
            right = answer.status in (200, 201)
            self.judged(f"{what} of {one}", [] if right else ["done"], answer.told())
        moved = 50 if told[4].status == 201 and told[4].body["status"] == "settled" else 0
        a, b = await self.balance(one), await self.balance(other)
        right = (a.get("posted"), b.get("posted")) == (1_000 - moved, moved)
        self.judged(f"GET {one}, {other}", [] if right else [f"{moved} moved"], [a, b])

    async def _calm(
        self, path: str, body: Json, key: str | None = None, wait: bool = False,
        method: str = "POST",
    ) -> Told:  # fmt: skip
        """Sent again until the accounts are there. What is answered with 5xx is a violation, and
        sent again like any other."""
        for _ in range(ATTEMPTS_MAX):
            told = await self.api.once(method, path, body, key, wait=wait)
            if told is None or told.status >= 500:
                what = told.told() if told else "no answer"
                self.judged({f"{method} {path}": body}, ["no 5xx while nothing is killed"], what)
            elif told.code != "unknown_account" and told.status != 429:
                break
            await asyncio.sleep(PAUSE_S)
        return await self.api.ask(method, path, body, key, wait=wait) if told is None else told
