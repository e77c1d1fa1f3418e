"""Keys that are required, and who may do what."""

from headrace.loadtests.books.api import Api
from headrace.loadtests.books.model.risk import REVIEW_FROM
from headrace.loadtests.books.scenarios.scene import Json, Scene, payment

MONEY: Json = {"amount": 1, "currency": "EUR"}


class Manners(Scene):
    """Each request is refused for what the guide says, and leaves no trace."""

    async def play(self) -> None:
        a, b = self.account("a"), self.account("b")
        await self.open(
            [
                {"id": a, "currency": "EUR", "opening_deposit": 90_000_000},
                {"id": b, "currency": "EUR"},
            ]
        )
        await self._without_keys(a, b)
        await self._rights(a)
        await self._own_review(a, b)
        found = await self.balance(a)
        wrong = (
            [] if (found["posted"], found["held"]) == (89_999_998 - REVIEW_FROM, 0) else ["same"]
        )
        self.judged(f"GET {a} after refusals", wrong, found)

    async def _without_keys(self, a: str, b: str) -> None:
        held = await self.api.post(
            "/v1/payments", payment(a, b, 2, capture="manual"), self.key(), wait=True
        )
        id = held.body["id"]
        for path, body in (
            ("/v1/payments", payment(a, b, 1)),
            (f"/v1/payments/{id}/captures", {"amount": 1}),
            (f"/v1/payments/{id}/refunds", {"amount": 1}),
            (f"/v1/payments/{id}/cancel", None),
            (f"/v1/payments/{id}/accept", None),
            (f"/v1/payments/{id}/reject", None),
            (f"/v1/accounts/{a}/deposits", MONEY),
            (f"/v1/accounts/{a}/withdrawals", MONEY),
        ):
            told = await self.reviewer_for(path).post(path, body)
            self.expect(f"POST {path} without a key", told, 400, ["idempotency_key_missing"])
        told = await self.api.post(f"/v1/payments/{id}/captures", {}, self.key(), wait=True)
        self.expect(f"POST capture {id}", told, 201)

    def reviewer_for(self, path: str) -> Api:
        """Whose key the request takes."""
        return self.tenant.reviewer if path.endswith(("accept", "reject")) else self.api

    async def _rights(self, a: str) -> None:
        member = self.tenant.member
        limits = {"limits": {"payment_max": 1}}
        for method, path, body in (
            ("POST", f"/v1/accounts/{a}/deposits", MONEY),
            ("POST", f"/v1/accounts/{a}/withdrawals", MONEY),
            ("PATCH", f"/v1/accounts/{a}", limits),
            ("POST", f"/v1/accounts/{a}/freeze", None),
            ("POST", f"/v1/accounts/{a}/close", None),
            ("POST", "/v1/api-keys", {"role": "administrator"}),
            ("POST", "/v1/tenants", {"name": f"{self.name}-none"}),
        ):
            told = await member.ask(method, path, body, self.key())
            self.expect(f"{method} {path} by a member", told, 403, ["forbidden"])
        credit = {"id": self.account("credit"), "currency": "EUR", "credit_line": 1}
        told = await member.post("/v1/accounts", credit)
        self.expect("POST /v1/accounts with a credit line by a member", told, 403, ["forbidden"])
        told = await self.api.post("/v1/tenants", {"name": f"{self.name}-none"})
        self.expect("POST /v1/tenants by an administrator", told, 403, ["forbidden"])

    async def _own_review(self, a: str, b: str) -> None:
        """Neither a member nor who submitted a payment decides on it."""
        for submitter in (self.api, self.tenant.member):
            asked = payment(a, b, REVIEW_FROM)
            told = await submitter.post("/v1/payments", asked, self.key())
            if not self.expect({"POST /v1/payments": asked}, told, 201):
                return
            path = f"/v1/payments/{told.body['id']}"
            for verb in ("accept", "reject"):
                answer = await submitter.post(f"{path}/{verb}", None, self.key())
                self.expect(f"POST {path}/{verb} by who submitted it", answer, 403, ["*"])
            verb = "accept" if submitter is self.api else "reject"
            answer = await self.tenant.reviewer.post(f"{path}/{verb}", None, self.key(), wait=True)
            self.expect(f"POST {path}/{verb} by another administrator", answer, 200)
