"""At, one below and one above the edges of numbers, texts and times."""

from datetime import UTC, datetime, timedelta

from headrace.loadtests.books.api import Told
from headrace.loadtests.books.model.account import AMOUNT_MAX, BALANCE_MAX
from headrace.loadtests.books.scenarios.scene import Json, Scene, payment

DAY = timedelta(days=1)
EXPIRES_S_MAX = 90 * 24 * 3600


class Edges(Scene):
    """Nothing is killed meanwhile."""

    async def play(self) -> None:
        a, b = self.account("a"), self.account("b")
        await self.open(
            [
                {"id": a, "currency": "EUR", "opening_deposit": 1_000_000},
                {"id": b, "currency": "EUR"},
            ]
        )
        await self._forms(a, b)
        await self._times(a, b)
        await self._texts(a, b)
        await self._balances()

    async def _pay(self, asked: object, status: int, *codes: str, key: str | None = None) -> Told:
        told = await self.api.post("/v1/payments", asked, key or self.key(), wait=True)
        self.expect({"POST /v1/payments": str(asked)}, told, status, codes or ("",))
        return told

    async def _forms(self, a: str, b: str) -> None:
        """Amounts as JSON may write them."""
        for text in (
            "0", "-1", "1.0", "1.5", "1e3", '"1"', "true", "null", str(AMOUNT_MAX + 1),
            str(2**53), str(2**63 - 1), str(2**63), str(2**64), str(10**30), "[1]", "{}",
        ):  # fmt: skip
            body = f'{{"debtor":"{a}","creditor":"{b}","amount":{text},"currency":"EUR"}}'
            await self._pay(body.encode(), 422, "invalid_amount")
            deposit = f'{{"amount":{text},"currency":"EUR"}}'.encode()
            told = await self.api.post(f"/v1/accounts/{a}/deposits", deposit, self.key())
            self.expect(f"deposit {text}", told, 422, ["invalid_amount"])
        told = await self._pay(payment(a, b, AMOUNT_MAX), 201)
        declined = told.status == 201 and told.body["decline_reason"] == "insufficient_funds"
        self.judged("pay 10^15 with 10^6", [] if declined else ["insufficient_funds"], told.told())
        await self._pay(b'{"debtor":', 400, "malformed_json")
        await self._pay({**payment(a, b, 1), "more": 1}, 422, "invalid_field")

    async def _times(self, a: str, b: str) -> None:
        now = datetime.now(UTC)
        for moment, right in (
            ("1970-01-01T00:00:00Z", False), ("1969-12-31T23:59:59Z", False),
            ("1970-01-01T00:00:00.000001Z", True), ((now - 400 * DAY).isoformat(), True),
            ((now + DAY - timedelta(minutes=5)).isoformat(), True),
            ((now + DAY + timedelta(minutes=5)).isoformat(), False),
            ("9999-12-31T23:59:59.999999Z", False), ("2026-01-01T00:00:00", False),
            ("2026-13-01T00:00:00Z", False), ("2026-02-30T00:00:00Z", False),
            ("2025-06-01T23:30:00-05:30", True), ("yesterday", False), ("", False),
        ):  # fmt: skip
            asked = payment(a, b, 1, occurred_at=moment)
            told = await (
                self._pay(asked, 201) if right else self._pay(asked, 422, "invalid_field")
            )
            if right and told.status == 201:
                same = datetime.fromisoformat(moment) == datetime.fromisoformat(
                    told.body["occurred_at"]
                )
                self.judged(f"occurred at {moment}", [] if same else ["the same moment"], told.body)
        for seconds, right in (
            (0, False), (-1, False), (1, True), (EXPIRES_S_MAX, True), (EXPIRES_S_MAX + 1, False),
            (1.5, False),
        ):  # fmt: skip
            asked = payment(a, b, 1, capture="manual", expires_in_s=seconds)
            await (self._pay(asked, 201) if right else self._pay(asked, 422, "invalid_field"))

    async def _texts(self, a: str, b: str) -> None:
        one = payment(a, b, 1)
        for name, right, wrong in (
            ("reference", "r" * 140, "r" * 141), ("description", "é" * 500, "é" * 501),
            ("metadata", {str(n): "v" for n in range(50)}, {str(n): "v" for n in range(51)}),
            ("metadata", {"k" * 64: "v" * 500}, {"k" * 65: "v"}),
            ("reference", "Ω \U0001f600", "a\nb"), ("metadata", {"k": ""}, {"": "v"}),
        ):  # fmt: skip
            told = await self._pay({**one, name: right}, 201)
            if told.status == 201:
                same = told.body[name] == right
                self.judged(f"{name} is kept", [] if same else [str(right)], told.body[name])
            await self._pay({**one, name: wrong}, 422, "invalid_field")
        stem = f"{self.name}-"
        await self._pay(one, 201, key=stem + "k" * (255 - len(stem)))
        await self._pay(one, 422, "invalid_field", key=stem + "k" * (256 - len(stem)))
        for length, status, code in ((128, 201, ""), (129, 422, "invalid_field")):
            id = stem + "i" * (length - len(stem))
            told = await self.api.post("/v1/accounts", {"id": id, "currency": "EUR"})
            self.expect(f"open an id of {length}", told, status, [code])

    async def _balances(self) -> None:
        """An account filled to the last unit, paid to, paid from, and emptied again."""
        full, other = self.account("full"), self.account("other")
        await self.open([{"id": id, "currency": "USD"} for id in (full, other)])
        path = f"/v1/accounts/{full}"
        rest = BALANCE_MAX
        while rest:
            amount = min(AMOUNT_MAX, rest)
            await self._fund(f"{path}/deposits", amount, 201)
            rest -= amount
        await self._fund(f"{path}/deposits", 1, 422, "amount_too_large")
        await self._fund(f"/v1/accounts/{other}/deposits", 500, 201)
        await self._paid_to_the_full(full, other, BALANCE_MAX, 500)
        told = await self._pay(payment(full, other, AMOUNT_MAX, "USD"), 201)
        settled = told.status == 201 and told.body["status"] == "settled"
        self.judged("pay 10^15", [] if settled else ["settled"], told.told())
        await self._expect_posted(full, BALANCE_MAX - AMOUNT_MAX)
        if settled:
            await self._refund_to_the_full(told.body["id"], full, other)

    async def _refund_to_the_full(self, id: str, full: str, other: str) -> None:
        """The debtor was filled up since: what comes back has no room."""
        await self._fund(f"/v1/accounts/{full}/deposits", AMOUNT_MAX, 201)
        told = await self.api.post(
            f"/v1/payments/{id}/refunds", {"amount": 5}, self.key(), wait=True
        )
        refused = told.code == "amount_too_large" and told.status == 422
        declined = told.status == 201 and told.body["status"] == "declined"
        wrong = [] if refused or declined else ["amount_too_large, or declined"]
        self.judged("refund to an account that is full", wrong, told.told())
        await self._expect_posted(full, BALANCE_MAX)
        await self._expect_posted(other, AMOUNT_MAX + 500)
        await self._fund(f"/v1/accounts/{full}/withdrawals", 5, 201)
        told = await self.api.post(
            f"/v1/payments/{id}/refunds", {"amount": 5}, self.key(), wait=True
        )
        settled = told.status == 201 and told.body["status"] == "settled"
        self.judged("refund where there is room", [] if settled else ["settled"], told.told())
        await self._expect_posted(full, BALANCE_MAX)

    async def _paid_to_the_full(self, full: str, other: str, *left: int) -> None:
        asked = payment(other, full, 1, "USD")
        told = await self.api.post("/v1/payments", asked, self.key(), wait=True)
        refused = told.code == "amount_too_large" and told.status == 422
        back = told.status == 201 and told.body["status"] in ("returned", "declined")
        wrong = [] if refused or back else ["amount_too_large, or returned"]
        self.judged("pay an account that is full", wrong, told.told())
        for id, posted in zip((full, other), left, strict=True):
            await self._expect_posted(id, posted)

    async def _expect_posted(self, id: str, posted: int) -> None:
        found = await self.balance(id)
        self.judged(f"GET {id}", [] if found.get("posted") == posted else [str(posted)], found)

    async def _fund(self, path: str, amount: int, status: int, code: str = "") -> None:
        body: Json = {"amount": amount, "currency": "USD"}
        told = await self.api.post(path, body, self.key())
        self.expect({f"POST {path}": body}, told, status, [code])
