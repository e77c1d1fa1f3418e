"""Accounts over HTTP."""

import csv
import io
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .conftest import House

Json = dict[str, Any]


async def fund(house: "House", account: str, what: str, key: str, **fields: Any) -> Any:
    body = {"amount": 500, "currency": "EUR", **fields}
    return await house.client().post(
        f"/v1/accounts/{account}/{what}", json=body, headers={"Idempotency-Key": key}
    )


async def test_an_account_is_opened_once(house: "House") -> None:
    client = house.client("member")
    body = {"id": "alice", "currency": "EUR", "limits": {"payment_max": 1000}}
    opened = await client.post("/v1/accounts", json=body)
    assert opened.status_code == 201
    assert opened.json()["limits"] == {
        "payment_max": 1000, "daily_amount_max": 0, "daily_count_max": 0,
    }  # fmt: skip
    again = await client.post("/v1/accounts", json=body)
    assert (again.status_code, again.json()) == (200, opened.json())
    for other in ({"currency": "USD"}, {"limits": {"payment_max": 1}}):
        refused = await client.post("/v1/accounts", json={**body, **other})
        assert (refused.status_code, refused.json()["code"]) == (409, "account_exists")
    assert (await client.get("/v1/accounts/alice")).json() == opened.json()
    credit = await client.post(
        "/v1/accounts", json={"id": "x", "currency": "EUR", "credit_line": 1}
    )
    assert (credit.status_code, credit.json()["code"]) == (403, "forbidden")


async def test_deposits_and_withdrawals(house: "House") -> None:
    await house.open("alice", money=1000)
    made = await fund(house, "alice", "deposits", "d", reference="wire", metadata={"a": "b"})
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["kind"], told["amount"], told["posted"]) == ("deposit", 500, 1500)
    assert (told["reference"], told["metadata"]) == ("wire", {"a": "b"})
    again = await fund(house, "alice", "deposits", "d", reference="wire", metadata={"a": "b"})
    assert again.content == made.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (await fund(house, "alice", "withdrawals", "d")).json()["code"] == "key_reused"
    taken = (await fund(house, "alice", "withdrawals", "w", amount=1500)).json()
    assert (taken["kind"], taken["amount"], taken["posted"]) == ("withdrawal", 1500, 0)
    short = await fund(house, "alice", "withdrawals", "w2")
    assert (short.status_code, short.json()["code"]) == (409, "insufficient_funds")
    wrong = await fund(house, "alice", "deposits", "c", currency="USD")
    assert wrong.json()["code"] == "currency_mismatch"
    assert (await fund(house, "nobody", "deposits", "n")).json()["code"] == "unknown_account"


async def test_an_account_as_of_a_moment(house: "House") -> None:
    await house.open("alice", money=1000)
    before = (await fund(house, "alice", "deposits", "d1")).json()["created_at"]
    await fund(house, "alice", "deposits", "d2")
    client = house.client()
    then = (await client.get("/v1/accounts/alice", params={"at": before})).json()
    assert (then["posted"], then["as_of"]) == (1500, before)
    assert (await client.get("/v1/accounts/alice")).json()["posted"] == 2000
    early = await client.get("/v1/accounts/alice", params={"at": "2001-01-01T00:00:00Z"})
    assert (early.status_code, early.json()["code"]) == (404, "unknown_account")


async def test_limits_freezing_and_closing(house: "House") -> None:
    await house.open("alice", "bob", money=1000)
    client = house.client()
    changed = await client.patch("/v1/accounts/alice", json={"limits": {"payment_max": 10}})
    assert changed.json()["limits"]["payment_max"] == 10
    changed = await client.patch("/v1/accounts/alice", json={"credit_line": 50})
    assert changed.json()["limits"]["payment_max"] == 10
    assert (changed.json()["credit_line"], changed.json()["available"]) == (50, 1050)
    body = {"debtor": "alice", "creditor": "bob", "amount": 11, "currency": "EUR"}
    declined = await client.post("/v1/payments", json=body, headers={"Idempotency-Key": "1"})
    assert declined.json()["decline_reason"] == "payment_limit"
    assert (await client.post("/v1/accounts/alice/freeze")).json()["state"] == "frozen"
    frozen = await client.post("/v1/payments", json=body, headers={"Idempotency-Key": "2"})
    assert (frozen.status_code, frozen.json()["code"]) == (409, "account_frozen")
    assert (await client.post("/v1/accounts/alice/unfreeze")).json()["state"] == "open"
    full = await client.post("/v1/accounts/alice/close")
    assert (full.status_code, full.json()["code"]) == (409, "balance_not_zero")
    await fund(house, "alice", "withdrawals", "w", amount=1000)
    assert (await client.post("/v1/accounts/alice/close")).json()["state"] == "closed"
    closed = await fund(house, "alice", "deposits", "d")
    assert (closed.status_code, closed.json()["code"]) == (409, "account_closed")


async def test_statements_as_json_and_csv(house: "House") -> None:
    await house.open("alice", money=1000)
    for n in range(5):
        await fund(house, "alice", "deposits", f"d{n}", description='say "hi", twice\n')
    client = house.client()
    page = (await client.get("/v1/accounts/alice/entries", params={"limit": 4})).json()
    rest = await client.get("/v1/accounts/alice/entries", params={"cursor": page["next_cursor"]})
    entries = page["items"] + rest.json()["items"]
    assert [e["posted"] for e in entries] == [3500, 3000, 2500, 2000, 1500, 1000]
    assert rest.json()["next_cursor"] is None
    table = await client.get(
        "/v1/accounts/alice/entries", params={"limit": 4}, headers={"Accept": "text/csv"}
    )
    assert table.headers["Content-Type"].startswith("text/csv")
    assert table.headers["Next-Cursor"] == page["next_cursor"]
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert [r["posted"] for r in rows] == [str(e["posted"]) for e in page["items"]]
    assert rows[0]["description"] == 'say "hi", twice\n'
    window = {"from": entries[3]["at"], "to": entries[1]["at"]}
    some = (await client.get("/v1/accounts/alice/entries", params=window)).json()["items"]
    assert some == entries[2:4]
    assert (await client.get("/v1/accounts/nobody/entries")).json()["code"] == "unknown_account"


async def test_accounts_are_listed_in_pages(house: "House") -> None:
    names = [f"account-{n}" for n in range(7)]
    await house.open(*names)
    client, found, cursor = house.client("member"), [], None
    while True:
        params = {"limit": 3, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/accounts", params=params)).json()
        found += [a["id"] for a in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == names
    assert (await house.client("stranger").get("/v1/accounts")).json()["items"] == []
