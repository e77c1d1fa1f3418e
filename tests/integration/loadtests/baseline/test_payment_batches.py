"""The baseline's kinds of batches give the same answers and keep the same rules."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

WAYS = pytest.mark.parametrize("way", ["loop", "bulk", "optimistic-bulk"])


@pytest.fixture
def named(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """A name that no other test uses."""
    own = request.node.callspec.params["way"] if hasattr(request.node, "callspec") else "all"
    return lambda name: f"{name}-{own}-{request.node.originalname[5:35]}"


def told(results: list[dict[str, Any]]) -> list[str]:
    """A payment's status or decline reason, or a problem's code."""
    return [
        r["problem"]["code"]
        if "problem" in r
        else r["payment"].get("decline_reason", r["payment"]["status"])
        for r in results
    ]


@WAYS
async def test_a_batch_moves_money(client: Any, way: str, named: Callable[[str], str]) -> None:
    a, b, c = map(named, "abc")
    await client.open((a, 1_000), (b, 0), (c, 0))
    results = await client.batch(
        way, (named("1"), a, b, 100), (named("2"), b, c, 60), (named("3"), a, c, 5)
    )
    assert told(results) == ["settled"] * 3
    assert [await client.balance(x) for x in (a, b, c)] == [895, 40, 65]
    read = (await client.get(f"/v1/payments/{results[1]['payment']['id']}")).json()
    assert (read["debtor"], read["amount"], read["idempotency_key"]) == (b, 60, named("2"))


@WAYS
async def test_keys_repeated_inside_and_across(
    client: Any, way: str, named: Callable[[str], str]
) -> None:
    a, b = map(named, "ab")
    await client.open((a, 1_000), (b, 0))
    single = (await client.pay(named("single"), a, b, 7)).json()
    first = await client.batch(
        way, (named("1"), a, b, 10), (named("1"), a, b, 10), (named("2"), a, b, 20),
        (named("2"), a, b, 999),
    )  # fmt: skip
    repeated = "duplicate_key_in_batch"
    assert told(first) == ["settled", repeated, "settled", repeated]
    again = await client.batch(
        way, (named("2"), a, b, 20), (named("3"), a, b, 30), (named("1"), a, b, 11),
        (named("single"), a, b, 7), (named("2b"), a, named("nobody"), 1),
        (named("1"), a, b, 1),
    )  # fmt: skip
    assert told(again) == [
        "settled", "settled", "key_reused", "settled", "unknown_account", repeated,
    ]  # fmt: skip
    assert again[0] == first[2] | {"replayed": True}
    assert again[3]["payment"]["id"] == single["id"]
    assert "replayed" not in again[1]
    assert (await client.pay(named("3"), a, b, 30)).headers["idempotent-replayed"] == "true"
    assert await client.balance(a) == 1_000 - 7 - 10 - 20 - 30


@WAYS
async def test_money_that_runs_out_midway(
    client: Any, way: str, named: Callable[[str], str]
) -> None:
    a, b, c = map(named, "abc")
    await client.open((a, 500), (b, 0), (c, 100))
    amounts = [*[30] * 20, 20, 1]
    items = [(named(f"{n}"), a, b, amount) for n, amount in enumerate(amounts)]
    items.insert(18, (named("refill"), c, a, 90))
    results = told(await client.batch(way, *items))
    short = "insufficient_funds"
    assert results == [*["settled"] * 16, short, short, *["settled"] * 5]
    assert [await client.balance(x) for x in (a, b, c)] == [29, 561, 10]


@WAYS
async def test_refused_items_leave_their_keys_unused(
    client: Any, ledger: Any, way: str, named: Callable[[str], str]
) -> None:
    a, b, icy, dollars = map(named, ("a", "b", "icy", "dollars"))
    await client.open((a, 1_000), (b, 0), (icy, 10))
    await client.post("/v1/account-batches", json=[{"id": dollars, "currency": "USD"}])
    await ledger.execute("UPDATE accounts SET state = 2 WHERE id = $1", icy)
    mixed = (
        (named("1"), a, b, 1), (named("2"), a, dollars, 1), (named("3"), icy, b, 1),
        (named("4"), a, a, 1), (named("5"), named("nobody"), b, 1), (named("6"), b, a, 2),
    )  # fmt: skip
    assert told(await client.batch(way, *mixed)) == [
        "settled", "currency_mismatch", "account_frozen", "same_account", "unknown_account",
        "insufficient_funds",
    ]  # fmt: skip
    mended = [(named(f"{n}"), a, b, 1) for n in range(2, 6)]
    assert told(await client.batch(way, *mended)) == ["settled"] * 4
    assert await client.balance(b) == 5


@WAYS
async def test_limits_count_within_a_batch(
    client: Any, way: str, named: Callable[[str], str]
) -> None:
    a, b = map(named, "ab")
    await client.open((a, 1_000), limits={"daily_amount_max": 250, "daily_count_max": 3})
    await client.open((b, 0))
    items = [(named(f"{n}"), a, b, amount) for n, amount in enumerate((100, 100, 60, 50, 1))]
    assert told(await client.batch(way, *items)) == [
        "settled", "settled", "daily_amount_limit", "settled", "daily_amount_limit",
    ]  # fmt: skip
    assert (await client.pay(named("6"), a, b, 1)).json()["status"] == "declined"


@WAYS
async def test_an_ill_formed_item_refuses_the_batch(client: Any, way: str) -> None:
    items = [{"idempotency_key": "k", "debtor": "a", "creditor": "b", "amount": -1}]
    answer = await client.post(f"/v1/payment-batches/{way}", json=items)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_field")
    answer = await client.post(f"/v1/payment-batches/{way}", json=[])
    assert answer.status_code == 422


@pytest.mark.usefixtures("no_deadlocks")
async def test_every_way_at_once_on_the_same_accounts(
    client: Any, named: Callable[[str], str]
) -> None:
    names = [named(f"hot-{n}") for n in range(6)]
    await client.open(*((name, 100_000) for name in names))

    def items(kind: str) -> list[tuple[str, str, str, int]]:
        return [
            (named(f"{kind}-{n}"), names[(n * 5 + len(kind)) % 6], names[(n * 5 + 1) % 6], 10)
            for n in range(60)
            if (n * 5 + len(kind)) % 6 != (n * 5 + 1) % 6
        ]

    batches = [
        client.batch(way, *items(f"{way}{n}"))
        for n in range(6)
        for way in ("loop", "bulk", "optimistic-bulk")
    ]
    singles = [client.pay(*item) for n in range(3) for item in items(f"s{'x' * n}")[:30]]
    answers = await asyncio.gather(*batches, *singles)
    for results in answers[: len(batches)]:
        assert set(told(results)) <= {"settled", "duplicate_key_in_batch"}
    assert {a.json()["status"] for a in answers[len(batches) :]} == {"settled"}
    assert sum([await client.balance(name) for name in names]) == 600_000


async def test_one_batch_over_every_way_at_once_is_paid_once(
    client: Any, named: Callable[[str], str]
) -> None:
    a, b = map(named, "ab")
    await client.open((a, 10_000), (b, 0))
    items = [(named(f"{n}"), a, b, 10) for n in range(40)]
    backwards = items[::-1]
    answers = await asyncio.gather(
        *(client.batch("bulk", *order) for order in (items, backwards) * 3),
        *(client.batch("loop", *order) for order in (items, backwards)),
        *(client.pay(*item) for item in items[:10]),
    )
    paid = {}
    for place, results in enumerate(answers[:8]):
        for item, result in zip((items, backwards)[place % 2], results, strict=True):
            assert paid.setdefault(item[0], result["payment"]["id"]) == result["payment"]["id"]
    for item, answer in zip(items, answers[8:], strict=False):
        assert answer.json()["id"] == paid[item[0]]
    assert await client.balance(b) == 400
