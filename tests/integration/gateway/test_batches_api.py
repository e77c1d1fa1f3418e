"""Batches over HTTP: each item by itself, found again after a lost connection."""

import asyncio
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import running

if TYPE_CHECKING:
    from headrace.runtime.settings import Settings

    from .conftest import House

Json = dict[str, Any]
ACCOUNTS = ("alice", "bob", "carol", "dora", "emil")


def item(key: str, **fields: Any) -> Json:
    return {
        "idempotency_key": key, "debtor": "alice", "creditor": "bob", "amount": 100,
        "currency": "EUR", **fields,
    }  # fmt: skip


async def send(house: "House", items: Any, **headers: str) -> Any:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return await house.client().post("/v1/payment-batches", json=items, headers=told)


def codes(answer: Any) -> list[str]:
    return [
        r["problem"]["code"] if "problem" in r else r["payment"]["status"]
        for r in answer.json()["results"]
    ]


async def test_items_in_order_each_with_its_own_answer(house: "House") -> None:
    await house.open(*ACCOUNTS)
    answer = await send(
        house,
        [
            item("1"),
            item("2", amount=0),
            item("3", creditor="alice"),
            item("4", creditor="nobody"),
            item("5", currency="USD"),
            item("6", currency="XYZ"),
            item("1", amount=7),
            item("8", amount=10**9),
            item("", amount=1),
            {"debtor": "alice"},
            item("11", creditor="carol", capture="manual"),
            item("12", colour="red"),
        ],
    )
    assert answer.status_code == 200
    assert codes(answer) == [
        "settled", "invalid_amount", "same_account", "unknown_account", "currency_mismatch",
        "unknown_currency", "duplicate_key_in_batch", "declined", "invalid_field", "invalid_field",
        "authorized", "invalid_field",
    ] or codes(answer)[0] == "authorized"  # fmt: skip
    results = answer.json()["results"]
    assert [r["status"] for r in results[:4]] == [201, 422, 422, 404]
    assert results[7]["payment"]["decline_reason"] == "insufficient_funds"
    assert results[3]["problem"]["errors"] == [{"field": "creditor", "reason": "Unknown account"}]


async def test_the_same_batch_again_is_replayed(house: "House") -> None:
    await house.open(*ACCOUNTS)
    items = [item(str(n), creditor=ACCOUNTS[1 + n % 4]) for n in range(50)]
    first = (await send(house, items)).json()["results"]
    again = (await send(house, {"items": items})).json()["results"]
    lines = "\n".join(json.dumps(i) for i in items)
    third = await house.client().post(
        "/v1/payment-batches", content=lines, headers={"Content-Type": "application/x-ndjson"}
    )
    assert [r["payment"] for r in again] == [r["payment"] for r in first]
    assert all(r["replayed"] for r in again)
    assert not any(r.get("replayed") for r in first)
    assert third.json()["results"] == again


async def test_a_batch_is_read_again(house: "House") -> None:
    await house.open(*ACCOUNTS)
    items = [item(str(n), creditor=ACCOUNTS[1 + n % 4]) for n in range(20)]
    items[3] = item("3", creditor="nobody")
    items[4] = item("4", amount=-1)
    sent = (await send(house, items)).json()
    client = house.client("member")

    async def read() -> Json:
        return (await client.get(f"/v1/payment-batches/{sent['id']}")).json()  # type: ignore[no-any-return]  # JSON

    deadline = asyncio.get_running_loop().time() + 60
    while any(
        r.get("payment", {}).get("status") == "authorized" for r in (await read())["results"]
    ):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)
    again = await read()
    assert again["id"] == sent["id"]
    for n, (before, now) in enumerate(zip(sent["results"], again["results"], strict=True)):
        if n == 3:
            assert now["problem"]["code"] == "unknown_payment"
        elif n == 4:
            assert now == before
        else:
            assert now["payment"] == {**before["payment"], "status": "settled"}
    assert (
        await house.client("stranger").get(f"/v1/payment-batches/{sent['id']}")
    ).status_code == 404
    assert (await client.get("/v1/payment-batches/x")).status_code == 404


def _each_in_its_way(taken: Iterable[str]) -> list[Json]:
    """Items under taken keys, some that come to something, and some that are refused."""
    return [
        *(item(key) for key in taken),
        item("whole", amount=10),
        item("part", amount=10, creditor="carol"),
        item("refused-refund", amount=10),
        item("cancelled", capture="manual"),
        item("declined", amount=10**9),
        item("nobody", creditor="nobody"),
        item("malformed", amount=0),
        item("of-another", amount=99),
    ]


def _made(sent: Any) -> dict[str, str]:
    """Ids of payments by their keys."""
    paid = [result["payment"] for result in sent.json()["results"] if "payment" in result]
    return {payment["idempotency_key"]: payment["id"] for payment in paid}


async def test_a_batch_read_again_tells_each_item_what_it_was_or_would_be_answered(
    house: "House",
) -> None:
    await house.open(*ACCOUNTS)
    client, plain = house.client(), item("")
    del plain["idempotency_key"]

    async def post(path: str, key: str, body: Json | None = None) -> Json:
        headers = {"Idempotency-Key": key, "Prefer": "wait=10"}
        answer = await client.post(path, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()  # type: ignore[no-any-return]  # JSON

    other = await post("/v1/payments", "of-another", plain | {"amount": 99})
    await post("/v1/accounts/alice/deposits", "of-a-deposit", {"amount": 1, "currency": "EUR"})
    held = await post("/v1/payments", "held", plain | {"capture": "manual"})
    await post(f"/v1/payments/{held['id']}/captures", "of-a-capture", {"amount": 3, "final": False})
    await post(f"/v1/payments/{held['id']}/cancel", "of-a-cancel")
    taken = ("of-another", "of-a-deposit", "of-a-capture", "of-a-cancel")
    items = _each_in_its_way(taken)
    sent = await client.post("/v1/payment-batches", json=items, headers={"Idempotency-Key": "lost"})
    assert codes(sent)[:4] == ["key_reused"] * 4
    made = _made(sent)
    for key in ("whole", "part", "refused-refund"):
        paid = plain | {"amount": 10, "creditor": "carol" if key == "part" else "bob"}
        assert (await post("/v1/payments", key, paid))["id"] == made[key]  # waits for the money
    await post(f"/v1/payments/{made['whole']}/refunds", "r1")
    await post(f"/v1/payments/{made['part']}/refunds", "r2", {"amount": 4})
    bob = (await client.get("/v1/accounts/bob")).json()["available"]
    await post("/v1/accounts/bob/withdrawals", "w", {"amount": bob, "currency": "EUR"})
    await post(f"/v1/payments/{made['refused-refund']}/refunds", "r3")
    await post(f"/v1/payments/{made['cancelled']}/cancel", "c")
    read = await client.get(f"/v1/payment-batches/{sent.json()['id']}")
    assert codes(read) == [
        "key_reused", "key_reused", "key_reused", "key_reused", "refunded", "partially_refunded",
        "settled", "cancelled", "declined", "unknown_payment", "invalid_amount",
        "duplicate_key_in_batch",
    ]  # fmt: skip
    reasons = [r["payment"].get("decline_reason") for r in read.json()["results"] if "payment" in r]
    assert reasons == [None, None, None, None, "insufficient_funds"]
    _are_the_same(sent.json()["results"], read.json()["results"], but=other["id"])


def _are_the_same(sent: list[Json], read: list[Json], but: str) -> None:
    """Answers of the batch and of its items read again, none about another's payment."""
    for before, now in zip(sent, read, strict=True):
        if now["status"] != 404:
            assert now["status"] == before["status"]
        if "payment" in now:
            assert now["payment"]["id"] == before["payment"]["id"] != but


async def test_a_name_stands_for_items_and_not_for_their_keys_alone(house: "House") -> None:
    await house.open(*ACCOUNTS)
    first = [item("1"), item("2", amount=0)]
    assert (await send(house, first, Idempotency_Key="march")).status_code == 200
    for changed in ([item("1", amount=7), first[1]], [first[0], item("2", amount=5)]):
        other = await send(house, changed, Idempotency_Key="march")
        assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    again = await send(house, first, Idempotency_Key="march")
    assert codes(again)[1] == "invalid_amount"


async def test_a_named_batch_is_found_by_its_name_and_stands_for_one(house: "House") -> None:
    await house.open(*ACCOUNTS)
    sent = (await send(house, [item("1")], Idempotency_Key="march")).json()
    again = (await send(house, [item("1")], Idempotency_Key="march")).json()
    assert again["id"] == sent["id"]
    assert again["results"][0]["replayed"]
    other = await send(house, [item("2")], Idempotency_Key="march")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    found = await house.client().get("/v1/payment-batches", params={"idempotency_key": "march"})
    assert found.json()["id"] == sent["id"]
    missing = await house.client().get("/v1/payments", params={"idempotency_key": "2"})
    assert missing.json()["items"] == []
    for params in ({"idempotency_key": "april"}, {}):
        assert (await house.client().get("/v1/payment-batches", params=params)).status_code in (
            404,
            422,
        )


async def test_an_item_whose_partition_is_away(house: "House") -> None:
    await house.open(*ACCOUNTS)
    house.actors.away = {0}
    items = [item(f"{a}-{n}", debtor=a, creditor="zoe") for a in ACCOUNTS for n in range(3)]
    answer = await send(house, items)
    assert answer.status_code == 200
    assert set(codes(answer)) == {"unavailable", "unknown_account"}
    for result in answer.json()["results"]:
        assert result["status"] in (503, 404)


async def test_too_many_items(settings: "Settings") -> None:

    async with running(settings.replace(batch_items_max=3)) as house:
        await house.open("alice", "bob")
        refused = await send(house, [item(str(n)) for n in range(4)])
        assert (refused.status_code, refused.json()["code"]) == (413, "too_many_items")
        assert (await house.client().get("/v1/payments")).json()["items"] == []
        assert (await send(house, [item(str(n)) for n in range(3)])).status_code == 200


async def test_a_full_gateway_refuses_at_once(settings: "Settings") -> None:

    async with running(settings.replace(gateway_payments_max=5)) as house:
        await house.open("alice", "bob")
        refused = await send(house, [item(str(n)) for n in range(6)])
        assert (refused.status_code, refused.json()["code"]) == (429, "overloaded")
        assert refused.headers["Retry-After"] == "1"
        assert (await send(house, [item(str(n)) for n in range(5)])).status_code == 200


@pytest.mark.parametrize("body", [b"[", b"{}", b"[]", b"7", b'{"items":[]}', b""])
async def test_what_is_no_batch(house: "House", body: bytes) -> None:
    refused = await house.client().post(
        "/v1/payment-batches", content=body, headers={"Content-Type": "application/json"}
    )
    assert refused.status_code in (400, 422)
    assert refused.headers["Content-Type"] == "application/problem+json"


async def test_accounts_are_opened_together(house: "House") -> None:
    client = house.client()
    items = [
        {"id": "a", "currency": "EUR", "opening_deposit": 500},
        {"id": "b", "currency": "EUR", "limits": {"payment_max": 10}},
        {"id": "c", "currency": "XYZ"},
        {"id": "", "currency": "EUR"},
        {"id": "a", "currency": "USD"},
    ]
    answer = (await client.post("/v1/account-batches", json=items)).json()["results"]
    assert [r["status"] for r in answer] == [201, 201, 422, 422, 409]
    assert answer[0]["account"] == {"id": "a", "currency": "EUR", "opening_deposit": 500}
    again = (await client.post("/v1/account-batches", json=items)).json()["results"]
    assert [r["status"] for r in again] == [200, 200, 422, 422, 409]
    assert (await client.get("/v1/accounts/a")).json()["posted"] == 500
    member = (await house.client("member").post("/v1/account-batches", json=items[:2])).json()[
        "results"
    ]
    assert [r["status"] for r in member] == [403, 200]
