"""One client's world: its own accounts, one request after the other, every answer foretold."""

import asyncio
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any, NamedTuple

from headrace.loadtests.books import judge
from headrace.loadtests.books.api import Api, Told
from headrace.loadtests.books.model.account import Account
from headrace.loadtests.books.model.books import Books
from headrace.loadtests.books.model.outcome import Outcome
from headrace.loadtests.books.model.payment import Payment

Json = dict[str, Any]
AT_REST_S = 60.0
"""How long money may be on its way; everything may have been killed meanwhile."""
REST_POLL_S = 0.02
OPENING = (
    ("EUR", 30_000_000), ("EUR", 9_000_000), ("EUR", 50_000), ("EUR", 20_000), ("EUR", None),
    ("USD", 40_000), ("USD", 5_000), ("JPY", 70_000), ("JPY", 9_000_000), ("BHD", 1_000_000),
    ("BHD", None),
)  # fmt: skip


class Sent(NamedTuple):
    """A request with a key that was answered for good, to be sent again."""

    kind: str
    path: str
    body: Json
    key: str
    payment: Payment | None = None
    """Of a capture or refund."""


class SentBatch(NamedTuple):
    """A named batch, with what was expected of each item."""

    name: str
    id: str
    items: list[Json]
    expected: list[Outcome]


class World:
    """`submitter` and `reviewer` are administrators' keys of one tenant."""

    def __init__(self, name: str, seed: int, submitter: Api, reviewer: Api) -> None:
        self.name = name
        self.random = Random(f"{seed} {name}")
        self.api, self.reviewer = submitter, reviewer
        self.tally = submitter.tally
        self.books = Books()
        self.number = 0
        """Of the operation under way, counted from 1."""
        self.ended = False
        """The platform's books and ours differ: whatever came next would be wrong as well."""
        self.sent: list[Sent] = []
        self.batches: list[SentBatch] = []
        self.transcript: list[Json] = []
        """What was told, in order, without what is not the same in two runs."""
        self._names: dict[str, str] = {}
        self._accounts = 0

    # -- what operations are made of --------------------------------------------------------

    def account_id(self) -> str:
        """A new one."""
        self._accounts += 1
        return f"{self.name}.a{self._accounts}"

    def key(self) -> str:
        """One that was never used."""
        return f"{self.name}.{self.number}.{self.random.getrandbits(24):x}"

    def some(self, *, currency: str | None = None, state: str | None = None) -> Account | None:
        """One of the accounts, if there is any such."""
        found = [
            account
            for account in self.books.accounts.values()
            if (currency is None or account.currency == currency)
            and (state is None or account.state == state)
        ]
        return self.random.choice(found) if found else None

    async def open_all(self) -> None:
        """The first accounts, with money in most of them."""
        items: list[Json] = []
        for currency, deposit in OPENING:
            item: Json = {"id": self.account_id(), "currency": currency}
            if deposit:
                item["opening_deposit"] = deposit
            if self.random.random() < 0.4:
                item["credit_line"] = self.random.choice((100, 5_000))
            if self.random.random() < 0.5:
                item["limits"] = {
                    "payment_max": self.random.choice((0, 10_000_000)),
                    "daily_amount_max": self.random.choice((0, 60_000, 40_000_000)),
                    "daily_count_max": self.random.choice((0, 30)),
                }
            items.append(item)
        told, results = await self.api.post_items("/v1/account-batches", items)
        for item, result in zip(items, results, strict=True):
            expected = self.books.open(item)
            ok = result["status"] == 201 or (told.doubtful and result["status"] == 200)
            self.judged(item, expected, result, [] if ok else ["not opened"])
            if not ok:
                continue
            expected.effect({})
            if deposit := item.get("opening_deposit"):
                body = {"amount": deposit, "currency": item["currency"]}
                key = f"opening-deposit:{item['id']}"
                self.books.fund(item["id"], body, key, deposit=True).effect({})

    def judged(
        self, request: object, expected: Outcome, told: object, wrong: list[str], *,
        harmless: bool = False,
    ) -> bool:  # fmt: skip
        """Counts a comparison; whether the answer was right. The world ends when it was not, but
        where nothing can have changed (`harmless`)."""
        self.tally.answers_compared += 1
        if not wrong:
            return True
        self.tally.violation(
            self.where, request, {**expected.told(), "so": "; ".join(wrong[:6])}, told, self.number
        )
        self.ended = self.ended or not harmless
        return False

    @property
    def where(self) -> str:
        return f"world {self.name}"

    def take(self, request: object, expected: Outcome, told: Told) -> bool:
        """Judges a plain answer and lets it have its effect; whether it was right."""
        harmless = expected.refused and told.status >= 400
        wrong = judge.answer(expected, told)
        if self.judged(request, expected, told.told(), wrong, harmless=harmless):
            expected.effect(told.body)
            return True
        return False

    def note(self, what: str, told: Told) -> None:
        """For the comparison of two runs of one story."""
        body = self._plain(told.body)
        self.transcript.append({"what": what, "status": told.status, "body": body})

    async def at_rest(self, view: Mapping[str, Any]) -> Json:
        """A payment when none of its money is on its way any more."""
        deadline = time.monotonic() + AT_REST_S
        found = dict(view)
        while _under_way(found):
            if time.monotonic() > deadline:
                self.tally.violation(
                    self.where, f"GET /v1/payments/{view['id']}",
                    f"a payment at rest within {AT_REST_S:.0f} s", found, self.number,
                )  # fmt: skip
                self.ended = True
                break
            await asyncio.sleep(REST_POLL_S)
            found = (await self.api.get(f"/v1/payments/{view['id']}")).body
        return found

    async def rested(self, told: Told) -> Told:
        """An answer about a payment, or with one in it, with the payment at rest."""
        body = told.body
        if told.status >= 300 or not isinstance(body, dict):
            return told
        if "payment" not in body:
            return told._replace(body=await self.at_rest(body))
        view = await self.at_rest(body["payment"])
        (movement,) = [m for m in view["movements"] if m["id"] == body["id"]]
        return told._replace(body={**body, "payment": view, "status": movement["status"]})

    def _plain(self, value: Any) -> Any:
        """Without times, traces and whatever else differs; ids by the order of their coming."""
        if isinstance(value, dict):
            plain = {k: self._plain(v) for k, v in value.items() if k not in VARYING}
            if OPAQUE.fullmatch(str(plain.get("id"))):
                del plain["id"]  # a deposit's, in which each ledger has a key of its own
            return plain
        if isinstance(value, list):
            return [self._plain(v) for v in value]
        if isinstance(value, str) and len(value) >= 36 and value[8:9] == value[13:14] == "-":
            bare = value[:36]
            return self._names.setdefault(bare, f"payment-{len(self._names)}") + value[36:]
        return value


OPAQUE = re.compile("[0-9a-f]{32}")
VARYING = frozenset(
    {
        "created_at", "updated_at", "occurred_at", "expires_at", "opened_at", "at", "trace_id",
        "next_cursor", "as_of", "risk", "risk_score", "detail", "errors", "replayed",
    }
)  # fmt: skip
"""Members that two runs of one story may be told differently."""


def today() -> str:
    """The UTC day, as in the answers' times."""
    return datetime.now(UTC).strftime("%Y-%m-%d")


def day_of(body: Any) -> str:
    """Of a payment: on which it was decided."""
    told = body.get("created_at") if isinstance(body, dict) else None
    return told[:10] if isinstance(told, str) else today()


def _under_way(view: Mapping[str, Any]) -> bool:
    on_its_way = view.get("status") == "authorized" and view.get("capture") == "automatic"
    pending = any(m["status"] == "pending" for m in view.get("movements", ()))
    return on_its_way or pending or view.get("status") == "captured"
