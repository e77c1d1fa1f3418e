"""What every scenario has: a tenant's keys, its own accounts, a place for what is wrong."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from headrace.loadtests.books.api import Api, Told
from headrace.loadtests.books.tenants import Tenant

Json = dict[str, Any]


class Scene:
    """`name` is part of every account and key, so that two never meet."""

    def __init__(self, name: str, seed: int, tenant: Tenant) -> None:
        self.name = name
        self.tenant = tenant
        self.api: Api = tenant.submitter
        self.tally = self.api.tally
        self.random = Random(f"{seed} {name}")
        self._keys = 0

    def key(self) -> str:
        """One that was never used."""
        self._keys += 1
        return f"{self.name}.{self._keys}"

    def account(self, number: object) -> str:
        """The id of one of the scene's accounts."""
        return f"{self.name}.{number}"

    def judged(self, asked: object, wrong: Sequence[str], told: object = "") -> bool:
        """Counts a comparison; whether all was right."""
        self.tally.answers_compared += 1
        if wrong:
            self.tally.violation(self.name, asked, "; ".join(wrong[:8]), told)
        return not wrong

    def expect(self, asked: object, told: Told, status: int, codes: Iterable[str] = ("",)) -> bool:
        """One of the codes, each with this status; an empty one: no problem."""
        allowed = sorted(codes)
        right = told.status == status and (told.code in allowed or allowed == ["*"])
        return self.judged(asked, [] if right else [f"{status} {allowed}"], told.told())

    async def open(self, accounts: Sequence[Json]) -> None:
        """With their opening deposits."""
        told, results = await self.api.post_items("/v1/account-batches", accounts)
        refused = [r for r in results if r["status"] not in (200, 201)]
        wrong = [f"{len(accounts)} accounts opened"] if refused or not results else []
        self.judged("POST /v1/account-batches", wrong, refused[:2] or told.status)

    async def balance(self, account: str) -> Json:
        """As it stands."""
        told = await self.api.get(f"/v1/accounts/{account}")
        return told.body if isinstance(told.body, dict) else {}


def payment(debtor: str, creditor: str, amount: int, currency: str = "EUR", **more: Any) -> Json:
    """A payment's body."""
    asked = {"debtor": debtor, "creditor": creditor, "amount": amount, "currency": currency}
    return {**asked, **more}
