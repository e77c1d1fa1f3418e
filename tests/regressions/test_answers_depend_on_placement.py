"""What a user sees depended on which actors two accounts happen to live on.

| door | input | before |
|---|---|---|
| statement, JSON, CSV | creditor's entry of a payment that crossed | no reference, no description |
| statement | captures and refunds, of both parties | none of them, crossing or not |
| statement | `kind` of both parties' entries | `debited`, `credited` beside `settled`, `captured` |
| events | a payment that crossed | `payment.debited`, `payment.completed`, no `payment.settled` |
| events | a review accepted, a capture, that crossed | one event more, of a type in no document |
| events | the rest of a final capture that crossed | before the capture, with another status |
| events | `types=payment.settled` | half of the payments |
| timeline | all of these | steps that others don't have |
| answers with `Prefer: wait`, payments, lists, batches, balances | all of these | clean |
"""

import asyncio
import csv
import io
import itertools
import json
import re
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from difflib import unified_diff
from typing import Any

import asyncpg
import pytest_asyncio
from integration.gateway.conftest import House, running

from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.decide_payment import NOT_SCORED, Risk
from headrace.runtime.risk.policy import RiskOutcome
from headrace.runtime.settings import Settings

Json = dict[str, Any]
ACTORS = 3
PARTIES = ("payer", "payee", "third")
REVIEW = Risk(int(RiskOutcome.REVIEW), 712, 0, 1)
TEXTS = {"reference": "invoice 7", "description": "Two tickets", "metadata": {"order": "2041"}}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FLEETING = {"id", "time", "at", "created_at", "updated_at", "occurred_at", "opened_at", "as_of"}
"""Members that no two runs have in common; all others are compared."""


@pytest_asyncio.fixture
async def two_ledgers(
    settings: Settings, postgres_url: str, migrated_template: str
) -> AsyncIterator[tuple[Settings, Settings]]:
    name = f"test_{uuid.uuid4().hex}"
    url = settings.ledger.database_url
    here = await asyncpg.connect(postgres_url)
    await here.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_template}")
    other = re.sub(r"/test_[0-9a-f]+", f"/{name}", url)
    yield settings.replace(actors=1), settings.replace(actors=ACTORS, database_url=other)
    await here.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await here.close()


class Story:
    """Each party on an actor of its own, where there are several."""

    def __init__(self, house: House, tenant: int) -> None:
        self.house = house
        self.answers: list[Any] = []
        self.payments: dict[str, str] = {}
        """By id, what they are called here: in the order in which they were made."""
        partitions = house.settings.cell.partitions
        named = [f"account-{n}" for n in range(100)]
        self.names = {
            party: next(n for n in named if partition_of(tenant, n, partitions) % ACTORS == actor)
            for actor, party in enumerate(PARTIES)
        }
        self._keys = itertools.count(1)

    async def ask(
        self, path: str, body: Any = None, who: str = "administrator", *, final: bool = True
    ) -> Json:
        """`final`: the answer has waited until all has arrived."""
        number = next(self._keys)
        answer = await self.house.client(who).post(
            path, json=body,
            headers={
                "Idempotency-Key": f"key-{number}", "Prefer": "wait=20",
                "Traceparent": f"00-{number:032x}-00f067aa0ba902b7-01",
            },
        )  # fmt: skip
        told: Json = answer.json()
        if final:
            self.answers.append((path, answer.status_code, told))
        return told

    async def pay(
        self, amount: int, creditor: str = "payee", debtor: str = "payer", **more: Any
    ) -> str:
        body = {
            "debtor": self.names[debtor], "creditor": self.names[creditor], "amount": amount,
            "currency": "EUR", **TEXTS, **more,
        }  # fmt: skip
        id = str((await self.ask("/v1/payments", body))["id"])
        self.payments[id] = f"payment-{len(self.payments) + 1}"
        return id

    async def do(self, payment: str, what: str, body: Any = None, who: str = "reviewer") -> None:
        await self.ask(f"/v1/payments/{payment}/{what}", body, who)

    async def play(self) -> None:
        await self.ask(
            "/v1/account-batches",
            [{"id": name, "currency": "EUR", "opening_deposit": 10_000}
             for name in self.names.values()],
        )  # fmt: skip
        refunded = await self.pay(1_250)
        await self.do(refunded, "refunds", {"amount": 250})
        await self.do(refunded, "refunds")
        await self.pay(90_000)
        captured = await self.pay(2_000, "third", capture="manual")
        await self.do(captured, "captures", {"amount": 500, "final": False})
        await self.do(captured, "captures", {"amount": 600})
        await self.do(captured, "refunds", {"amount": 100})
        whole = await self.pay(300, "third", capture="manual")
        await self.do(whole, "captures")
        for body in ({"amount": 100, "final": False}, None):
            cancelled = await self.pay(300, capture="manual")
            if body:
                await self.do(cancelled, "captures", body)
            await self.do(cancelled, "cancel")
        self.house.risk.says = REVIEW
        accepted, rejected = await self.pay(700), await self.pay(701)
        held = await self.pay(702, capture="manual")
        self.house.risk.says = NOT_SCORED
        await self.do(accepted, "accept")
        await self.do(rejected, "reject")
        await self.do(held, "accept")
        await self.do(held, "captures", {"amount": 2})
        await self.pay(40, "payer", "payee")
        poor = await self.pay(10_000 - 40 + 700 + 2 + 100, "third", "payee")
        await self.pay(20_000, "payer", "third")
        await self.do(poor, "refunds")
        payer = f"/v1/accounts/{self.names['payer']}"
        await self.ask(f"{payer}/deposits", {"amount": 50, "currency": "EUR"})
        await self.ask(f"{payer}/withdrawals", {"amount": 5, "currency": "EUR"})
        batch = [
            {
                "debtor": self.names["payer"], "creditor": self.names[creditor], "amount": 3,
                "currency": "EUR", "idempotency_key": f"batch-{creditor}", **TEXTS,
            }
            for creditor in ("payee", "third")
        ]  # fmt: skip
        made = await self.ask("/v1/payment-batches", batch, final=False)
        for result in made["results"]:
            self.payments[result["payment"]["id"]] = f"payment-{len(self.payments) + 1}"
        await self.arrived()
        self.answers.append((await self._get(f"/v1/payment-batches/{made['id']}"))["results"])

    async def arrived(self) -> None:
        async with asyncio.timeout(30):
            for id in self.payments:
                while (await self._get(f"/v1/payments/{id}"))["status"] == "authorized":
                    await asyncio.sleep(0.01)

    async def _get(self, path: str, **query: Any) -> Json:
        answer = await self.house.client().get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]  # JSON

    async def _pages(self, path: str, **query: Any) -> list[Json]:
        items, cursor = [], {}
        while True:
            page = await self._get(path, limit=3, **query, **cursor)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            cursor = {"cursor": page["next_cursor"]}

    async def statements(self) -> Json:
        paths = {party: f"/v1/accounts/{name}/entries" for party, name in self.names.items()}
        return {party: await self._pages(path) for party, path in paths.items()}

    async def csv(self) -> Json:
        found = {}
        for party, name in self.names.items():
            answer = await self.house.client().get(
                f"/v1/accounts/{name}/entries", headers={"Accept": "text/csv"}
            )
            rows = [*csv.reader(io.StringIO(answer.text))]
            kept = [n for n, column in enumerate(rows[0]) if column not in FLEETING]
            found[party] = [[row[n] for n in kept] for row in rows]
        return found

    async def timelines(self) -> Json:
        return {id: (await self._get(f"/v1/payments/{id}/timeline"))["items"]
                for id in self.payments}  # fmt: skip

    async def events(self, types: str = "") -> Json:
        answer = await self.house.client().get(
            "/v1/events", params={"follow": "false", **({"types": types} if types else {})}
        )
        found = defaultdict(list)
        for line in answer.text.splitlines():
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                found[event["subject"]].append(event)
        return found

    async def everything(self) -> Json:
        """By where it was read."""
        lists = {
            "all": {}, "debtor": {"debtor": self.names["payer"]},
            "creditor": {"creditor": self.names["payee"]},
            "settled": {"creditor": self.names["third"], "status": "settled"},
            "reference": {"reference": "invoice 7"},
        }  # fmt: skip
        types = {event["type"] for events in (await self.events()).values() for event in events}
        return {
            "answers": self.answers,
            "accounts": {p: await self._get(f"/v1/accounts/{n}") for p, n in self.names.items()},
            "payments": {id: await self._get(f"/v1/payments/{id}") for id in self.payments},
            "lists": {name: _by_key(await self._pages("/v1/payments", **query))
                      for name, query in lists.items()},
            "statements": await self.statements(), "csv": await self.csv(),
            "timelines": await self.timelines(), "events": await self.events(),
            "by type": {type: await self.events(type) for type in sorted(types)},
        }  # fmt: skip

    def comparable(self, told: Any) -> Any:
        """Without what no two runs have in common; payments by what they are called here."""
        if isinstance(told, dict):
            return {
                self.comparable(name): self.comparable(value)
                for name, value in told.items()
                if name not in FLEETING and not (name == "expires_at" and value)
            }
        if isinstance(told, list | tuple):
            return [self.comparable(item) for item in told]
        if isinstance(told, str):
            return UUID.sub(lambda found: self.payments.get(found[0], found[0]), told)
        return told


def _by_key(payments: list[Json]) -> list[Json]:
    return sorted(payments, key=lambda payment: str(payment["idempotency_key"]))


async def told_of(settings: Settings) -> tuple[Json, Json]:
    """What everybody is told, and statements alone, as they come."""
    async with running(settings) as house:
        tenant = await house.pool.fetchval("SELECT number FROM tenants WHERE name = 'acme'")
        story = Story(house, tenant)
        await story.play()
        told = await story.everything()
        return story.comparable(told), told["statements"]


def _lines(told: Json) -> list[str]:
    return json.dumps(told, indent=1, sort_keys=True).splitlines()


async def test_one_actor_and_three_tell_the_same(two_ledgers: tuple[Settings, Settings]) -> None:
    one, three = two_ledgers
    on_one, _ = await told_of(one)
    on_three, statements = await told_of(three)
    differing = "\n".join(unified_diff(_lines(on_one), _lines(on_three), "one", "three", n=12))
    assert not differing, differing
    lines = [entry for entries in statements.values() for entry in entries if entry["payment"]]
    assert {(e["reference"], e["description"]) for e in lines} == {("invoice 7", "Two tickets")}
    assert {"settled", "captured", "refunded", "released", "held"} <= {e["kind"] for e in lines}
