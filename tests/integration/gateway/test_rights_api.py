"""Each route asked by each rank, without a key, and without an Idempotency-Key."""

from typing import TYPE_CHECKING, Any

import msgspec

from headrace.runtime.identity.keys import Role
from headrace.serve.gateway.doors import DOORS
from headrace.serve.http.door import routes

if TYPE_CHECKING:
    from headrace.serve.http.route import Route

    from .conftest import House

ROUTES = routes(DOORS)
RANKS = [Role.MEMBER, Role.ADMINISTRATOR, Role.OPERATOR]
UNKNOWN = "0197f2a4-1c22-7000-8000-000000000000"
PATH = {
    "payment": UNKNOWN, "batch": UNKNOWN, "key": UNKNOWN, "account": "alice", "code": "forbidden",
    "file": "style.css",
}  # fmt: skip


async def ask(house: "House", route: "Route", who: str, **headers: str) -> Any:
    method = route.method
    if route.path == "/v1/events":
        method = "HEAD"  # the stream has no end
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if who == "operator" and route.path.startswith("/v1/") and "tenants" not in route.path:
        sent["Headrace-Tenant"] = "acme"
    body = None
    if route.body is not None:
        body = msgspec.json.encode(route.body_example)
        sent["Content-Type"] = "application/json"
    return await house.client(who).request(
        method, route.path.format(**PATH), content=body, headers=sent
    )


async def test_each_route_asks_for_its_rank(house: "House") -> None:
    await house.open("alice")
    for route in ROUTES:
        answer = await ask(house, route, "nobody")
        assert (answer.status_code == 401) == (route.least is not None), route.path
        for rank in RANKS if route.least is not None else ():
            answer = await ask(house, route, rank.value, Idempotency_Key=f"{rank}{route.path}")
            enough = RANKS.index(rank) >= RANKS.index(route.least)
            assert (answer.status_code != 403) == enough, (rank, route.path, answer.text)
            assert answer.status_code not in (401, 500), (rank, route.path, answer.text)
            if not enough:
                assert answer.json()["code"] == "forbidden"


async def test_what_moves_money_asks_for_a_key(house: "House") -> None:
    await house.open("alice")
    for route in ROUTES:
        if route.keyed:
            answer = await ask(house, route, "administrator")
            told = (answer.status_code, answer.json()["code"])
            assert told == (400, "idempotency_key_missing"), route.path
        else:
            answer = await ask(house, route, "administrator")
            assert answer.status_code != 400, route.path
