"""Who may do what, and that no tenant meets another."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from headrace.runtime.identity import keys
from headrace.runtime.identity.keys import Role
from headrace.serve.gateway.app import Gateway

from .conftest import running

if TYPE_CHECKING:
    from headrace.runtime.settings import Settings

    from .conftest import House


@pytest.mark.parametrize(
    "authorization",
    [
        None, "", "Bearer", "Bearer ", "Bearer x", "Bearer hr_" + "A" * 43, "Basic abc",
        "hr_" + "A" * 43, "Bearer hr_\xe9",
    ],
)  # fmt: skip
async def test_forged_or_missing_keys(house: "House", authorization: str | None) -> None:
    headers = (
        [(b"authorization", authorization.encode("latin-1"))] if authorization is not None else []
    )
    for path in ("/v1/payments", "/v1/accounts", "/v1/tenants", "/v1/api-keys"):
        refused = await house.client("nobody").get(path, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")


async def test_roles(house: "House") -> None:
    await house.open("alice")
    member, body = house.client("member"), {"amount": 1, "currency": "EUR"}
    key = {"Idempotency-Key": "k"}
    for method, path, json in (
        ("POST", "/v1/accounts/alice/deposits", body),
        ("POST", "/v1/accounts/alice/withdrawals", body),
        ("POST", "/v1/accounts/alice/freeze", None),
        ("POST", "/v1/accounts/alice/unfreeze", None),
        ("POST", "/v1/accounts/alice/close", None),
        ("PATCH", "/v1/accounts/alice", {"credit_line": 5}),
        ("POST", "/v1/payments/0197f2a4-1c22-7000-8000-000000000000/accept", None),
        ("POST", "/v1/payments/0197f2a4-1c22-7000-8000-000000000000/reject", None),
        ("GET", "/v1/api-keys", None),
        ("POST", "/v1/api-keys", {}),
    ):
        refused = await member.request(method, path, json=json, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden"), path
    for path in ("/v1/tenants",):
        refused = await house.client("administrator").get(path)
        assert refused.status_code == 403
    assert (await member.get("/v1/accounts/alice")).json()["posted"] == 100_000


async def test_no_tenant_sees_or_moves_what_is_anothers(house: "House") -> None:
    await house.open("alice", "bob")
    mine, theirs = house.client(), house.client("stranger")
    body = {
        "debtor": "alice",
        "creditor": "bob",
        "amount": 5,
        "currency": "EUR",
        "capture": "manual",
    }
    made = await mine.post(
        "/v1/payments", json=body, headers={"Idempotency-Key": "k", "Prefer": "wait=9"}
    )
    payment = made.json()["id"]
    key = {"Idempotency-Key": "k"}
    for method, path, json, code in (
        ("GET", f"/v1/payments/{payment}", None, "unknown_payment"),
        ("GET", f"/v1/payments/{payment}/timeline", None, "unknown_payment"),
        ("POST", f"/v1/payments/{payment}/captures", {}, "unknown_payment"),
        ("POST", f"/v1/payments/{payment}/refunds", {}, "unknown_payment"),
        ("POST", f"/v1/payments/{payment}/cancel", None, "unknown_payment"),
        ("POST", f"/v1/payments/{payment}/accept", None, "unknown_payment"),
        ("GET", "/v1/accounts/alice", None, "unknown_account"),
        ("GET", "/v1/accounts/alice/entries", None, "unknown_account"),
        ("POST", "/v1/accounts/alice/freeze", None, "unknown_account"),
        (
            "POST",
            "/v1/accounts/alice/deposits",
            {"amount": 1, "currency": "EUR"},
            "unknown_account",
        ),
        ("POST", "/v1/payments", body, "unknown_account"),
    ):
        refused = await theirs.request(method, path, json=json, headers=key)
        assert (refused.status_code, refused.json()["code"]) == (404, code), path
    assert (await theirs.get("/v1/payments")).json()["items"] == []
    assert (await theirs.get("/v1/payments", params={"idempotency_key": "k"})).json()["items"] == []
    assert (await mine.get(f"/v1/payments/{payment}")).json()["status"] == "authorized"


async def test_a_key_lives_rotates_and_ends(settings: "Settings") -> None:
    async with running(msgspec.structs.replace(settings, key_cache_s=0.05)) as house:
        admin = house.client()
        made = await admin.post("/v1/api-keys", json={"label": "shop", "expires_in_s": 3600})
        assert made.status_code == 201, made.text
        told = made.json()
        assert (told["role"], told["label"]) == ("member", "shop")
        house.tokens["new"] = told["api_key"]
        assert (await house.client("new").get("/v1/payments")).status_code == 200
        listed = (await admin.get("/v1/api-keys")).json()["items"]
        assert told["id"] in [k["id"] for k in listed]
        assert all(k["api_key"] is None for k in listed)
        rotated = await admin.post(f"/v1/api-keys/{told['id']}/rotate")
        assert rotated.status_code == 201
        house.tokens["next"] = rotated.json()["api_key"]
        assert (await house.client("next").get("/v1/payments")).status_code == 200
        await _until_refused(house, "new", "key_expired")
        assert (await admin.delete(f"/v1/api-keys/{rotated.json()['id']}")).status_code == 204
        await _until_refused(house, "next", "unauthenticated")
        for missing in (told["id"], "x", "0197f2a4-1c22-7a90-b3c4-9d8e7f6a5b4c"):
            refused = await admin.post(f"/v1/api-keys/{missing}/rotate", json={"grace_s": 5})
            assert refused.status_code == 404
        stranger = house.client("stranger")
        assert (await stranger.delete(f"/v1/api-keys/{told['id']}")).status_code == 404


async def _until_refused(house: "House", who: str, code: str) -> None:
    client, deadline = house.client(who), asyncio.get_running_loop().time() + 60
    while (answer := await client.get("/v1/payments")).status_code == 200:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)
    assert (answer.status_code, answer.json()["code"]) == (401, code)


async def test_a_cached_key_ends_on_time(house: "House") -> None:
    tenant = await house.pool.fetchval("SELECT number FROM tenants WHERE name = 'acme'")
    end = datetime.now(UTC) + timedelta(seconds=0.4)
    key = await keys.create(house.pool, tenant, Role.MEMBER, expires_at=end)
    house.tokens["brief"] = key.api_key or ""
    assert (await house.client("brief").get("/v1/payments")).status_code == 200
    await _until_refused(house, "brief", "key_expired")
    assert datetime.now(UTC) < end + timedelta(seconds=1)


async def test_an_operator_makes_tenants_and_acts_for_them(house: "House") -> None:
    operator = house.client("operator")
    made = await operator.post("/v1/tenants", json={"name": "initech"})
    assert made.status_code == 201
    house.tokens["initech"] = made.json()["api_key"]
    assert (await house.client("initech").get("/v1/payments")).json()["items"] == []
    taken = await operator.post("/v1/tenants", json={"name": "initech"})
    assert (taken.status_code, taken.json()["code"]) == (409, "tenant_exists")
    assert (await operator.post("/v1/tenants", json={"name": "a b"})).status_code == 422
    names = [t["tenant"] for t in (await operator.get("/v1/tenants")).json()["items"]]
    assert names == ["acme", "globex", "initech"]
    aimless = await operator.get("/v1/payments")
    assert (aimless.status_code, aimless.json()["errors"][0]["field"]) == (403, "Headrace-Tenant")
    acting = {"Headrace-Tenant": "acme"}
    opened = await operator.post(
        "/v1/accounts", json={"id": "a", "currency": "EUR", "credit_line": 5}, headers=acting
    )
    assert opened.status_code == 201
    assert (await house.client().get("/v1/accounts/a")).status_code == 200
    assert (
        await operator.get("/v1/payments", headers={"Headrace-Tenant": "nobody"})
    ).status_code == 403
    other = await house.client().get("/v1/payments", headers={"Headrace-Tenant": "globex"})
    assert other.status_code == 403
    assert (await house.client().get("/v1/payments", headers=acting)).status_code == 200


async def test_operators_keys(house: "House") -> None:
    operator = house.client("operator")
    made = await operator.post("/v1/api-keys", json={"role": "operator"})
    assert made.status_code == 201
    for wrong in ({"role": "member"}, {}):
        assert (await operator.post("/v1/api-keys", json=wrong)).status_code == 422
    refused = await house.client().post("/v1/api-keys", json={"role": "operator"})
    assert refused.status_code == 422
    for wrong_end in (
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"expires_at": "2101-01-01T00:00:00Z", "expires_in_s": 5},
    ):
        body: Any = {"role": "member", **wrong_end}
        assert (await house.client().post("/v1/api-keys", json=body)).status_code == 422


async def test_many_requests_share_one_look_up(
    house: "House", monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, look_up = 0, keys.authenticate

    async def counted(*arguments: Any) -> keys.Identity | None:
        nonlocal asked
        asked += 1
        return await look_up(*arguments)

    monkeypatch.setattr(keys, "authenticate", counted)
    client = house.client("member")
    answers = await asyncio.gather(*(client.get("/v1/accounts") for _ in range(50)))
    assert {a.status_code for a in answers} == {200}
    assert asked == 1


async def test_nothing_is_answered_before_the_start(house: "House") -> None:
    gateway, house.gateway = house.gateway, Gateway(house.settings, house.gateway._partitions)
    refused = await house.client().get("/v1/payments")
    house.gateway = gateway
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.headers["Retry-After"]
