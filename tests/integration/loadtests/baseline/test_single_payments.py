"""The baseline's single payments keep the rules that the spine's keep, where they apply."""

import asyncio
from collections import Counter
from typing import Any

import pytest


async def test_a_payment_moves_money_and_can_be_read(client: Any) -> None:
    await client.open(("alice", 1_000), ("shop", 0))
    answer = await client.pay("order-1", "alice", "shop", 300)
    assert answer.status_code == 201
    paid = answer.json()
    assert (paid["status"], paid["decline_reason"]) == ("settled", None)
    assert (await client.get(f"/v1/payments/{paid['id']}")).json() == paid
    assert (await client.balance("alice"), await client.balance("shop")) == (700, 300)


async def test_a_known_key_is_answered_as_first(client: Any) -> None:
    await client.open(("replayer", 1_000), ("shop-r", 0))
    first = await client.pay("again-1", "replayer", "shop-r", 600)
    again = await client.pay("again-1", "replayer", "shop-r", 600)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert await client.balance("replayer") == 400


async def test_a_decline_is_durable_and_replayed_though_money_came_since(client: Any) -> None:
    await client.open(("poor", 0), ("shop-d", 0), ("donor", 500))
    first = await client.pay("declined-1", "poor", "shop-d", 100)
    assert first.status_code == 201
    assert first.json()["status"] == "declined"
    assert first.json()["decline_reason"] == "insufficient_funds"
    assert (await client.pay("gift-1", "donor", "poor", 500)).json()["status"] == "settled"
    assert (await client.pay("declined-1", "poor", "shop-d", 100)).json() == first.json()
    assert await client.balance("poor") == 500


@pytest.mark.parametrize(
    "other", [("keyed", "shop-k", 101), ("keyed", "shop-l", 100), ("keyed", "nobody", 100)]
)
async def test_a_key_used_for_something_else_is_refused(
    client: Any, other: tuple[str, str, int]
) -> None:
    await client.post(
        "/v1/account-batches",
        json=[
            {"id": "keyed", "currency": "EUR", "opening_deposit": 1_000},
            *({"id": id, "currency": "EUR"} for id in ("shop-k", "shop-l")),
        ],
    )
    await client.pay("conflict", "keyed", "shop-k", 100)
    refused = await client.pay("conflict", *other)
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")
    assert await client.balance("keyed") == 900


async def test_what_is_refused_leaves_the_key_unused(client: Any, ledger: Any) -> None:
    await client.open(("giver", 1_000), ("taker", 0), ("icy", 1_000), ("gone", 0))
    dollars = [{"id": "dollars", "currency": "USD"}]
    await client.post("/v1/account-batches", json=dollars)
    await ledger.execute("UPDATE accounts SET state = 2 WHERE id = 'icy'")
    await ledger.execute("UPDATE accounts SET state = 3 WHERE id = 'gone'")
    for asked, status, code in (
        (("giver", "nobody", 1), 404, "unknown_account"),
        (("nobody", "taker", 1), 404, "unknown_account"),
        (("giver", "giver", 1), 422, "same_account"),
        (("giver", "dollars", 1), 422, "currency_mismatch"),
        (("dollars", "taker", 1), 422, "currency_mismatch"),
        (("giver", "taker", 1, "ABC"), 422, "unknown_currency"),
        (("icy", "taker", 1), 409, "account_frozen"),
        (("gone", "taker", 1), 409, "account_closed"),
        (("giver", "gone", 1), 409, "account_closed"),
        (("giver", "taker", 0), 422, "invalid_field"),
        (("giver", "~EUR", 1), 422, "invalid_field"),
    ):
        refused = await client.pay("refused-1", *asked)
        assert (refused.status_code, refused.json()["code"]) == (status, code), asked
    assert (await client.pay("refused-1", "giver", "taker", 1)).json()["status"] == "settled"
    assert (await client.pay("thawed", "giver", "icy", 1)).json()["status"] == "settled"


async def test_what_cannot_be_read_is_refused(client: Any) -> None:
    body = {"debtor": "a", "creditor": "b", "amount": 1, "currency": "EUR"}
    missing = await client.post("/v1/payments", json=body)
    assert missing.json()["code"] == "idempotency_key_missing"
    headers = {"Idempotency-Key": "k"}
    broken = await client.post("/v1/payments", content=b'{"debtor":', headers=headers)
    assert (broken.status_code, broken.json()["code"]) == (400, "malformed_json")
    more = await client.post("/v1/payments", json=body | {"extra": 1}, headers=headers)
    assert (more.status_code, more.json()["code"]) == (422, "invalid_field")
    stranger = {"Authorization": "Bearer hr_stranger", **headers}
    unknown = await client.post("/v1/payments", json=body, headers=stranger)
    assert (unknown.status_code, unknown.json()["code"]) == (401, "unauthenticated")
    nothing = await client.get("/v1/payments/0199a000-0000-7000-8000-000000000000")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "unknown_payment")
    assert (await client.get("/v1/payments/x")).status_code == 404
    assert (await client.get("/v1/accounts/nobody")).status_code == 404


async def test_limits_decline(client: Any) -> None:
    limits = {"payment_max": 100, "daily_amount_max": 250, "daily_count_max": 3}
    await client.open(("limited", 10_000), limits=limits)
    await client.open(("shop-m", 0))
    reasons = [
        (await client.pay(f"limit-{n}", "limited", "shop-m", amount)).json()["decline_reason"]
        for n, amount in enumerate((101, 100, 100, 60, 50, 1))
    ]
    assert reasons == [
        "payment_limit", None, None, "daily_amount_limit", None, "daily_amount_limit",
    ]  # fmt: skip
    await client.open(("counted", 10_000), limits={"daily_count_max": 1})
    assert (await client.pay("count-1", "counted", "shop-m", 1)).json()["status"] == "settled"
    third = await client.pay("count-2", "counted", "shop-m", 1)
    assert third.json()["decline_reason"] == "daily_count_limit"


async def test_accounts_are_opened_once(client: Any) -> None:
    account = {"id": "once", "currency": "EUR", "opening_deposit": 70, "credit_line": 30}
    for status in (201, 200):
        answer = await client.post("/v1/account-batches", json=[account])
        assert [r["status"] for r in answer.json()["results"]] == [status]
    other = [account | {"currency": "USD"}, {"id": "twice", "currency": "EUR"}]
    answer = await client.post("/v1/account-batches", json=other)
    assert [r["status"] for r in answer.json()["results"]] == [409, 201]
    seen = (await client.get("/v1/accounts/once")).json()
    assert (seen["posted"], seen["available"], seen["state"]) == (70, 100, "open")
    assert (await client.pay("line", "once", "twice", 100)).json()["status"] == "settled"
    assert await client.balance("once") == -30


async def test_fifty_at_once_never_overdraw(client: Any) -> None:
    await client.open(("contended", 1_000), ("shop-c", 0))
    answers = await asyncio.gather(
        *(client.pay(f"contended-{n}", "contended", "shop-c", 100) for n in range(50))
    )
    assert Counter(a.json()["status"] for a in answers) == {"settled": 10, "declined": 40}
    assert (await client.balance("contended"), await client.balance("shop-c")) == (0, 1_000)


async def test_one_key_fifty_times_at_once_is_one_payment(client: Any) -> None:
    await client.open(("eager", 1_000), ("shop-e", 0))
    answers = await asyncio.gather(*(client.pay("eager", "eager", "shop-e", 10) for _ in range(50)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1
    assert sum("idempotent-replayed" in a.headers for a in answers) == 49
    assert await client.balance("eager") == 990


@pytest.mark.usefixtures("no_deadlocks")
async def test_both_ways_between_two_accounts_at_once(client: Any) -> None:
    await client.open(("left", 10_000), ("right", 10_000))
    sides = (("left", "right"), ("right", "left"))
    answers = await asyncio.gather(
        *(client.pay(f"sides-{n}", *sides[n % 2], 10) for n in range(60))
    )
    assert {a.json()["status"] for a in answers} == {"settled"}
    assert await client.balance("left") == 10_000


async def test_at_once_gives_the_same_answers(client: Any) -> None:
    await client.open(("once-a", 100), ("once-b", 0))

    async def pay(key: str, creditor: str, amount: int) -> tuple[int, str]:
        answer = await client.pay(key, "once-a", creditor, amount, path="/v1/payments/at-once")
        told = answer.json()
        if answer.status_code == 201:
            return 201, told["decline_reason"] or told["status"]
        return answer.status_code, told["code"]

    assert await pay("once-1", "once-b", 60) == (201, "settled")
    assert await pay("once-1", "once-b", 60) == (201, "settled")
    assert await pay("once-1", "once-b", 61) == (422, "key_reused")
    assert await pay("once-2", "once-b", 41) == (201, "insufficient_funds")
    assert await pay("once-3", "once-nobody", 1) == (404, "unknown_account")
    assert await client.balance("once-a") == 40
    assert await client.balance("once-b") == 60
