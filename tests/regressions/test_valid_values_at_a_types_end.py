"""Valid values at a type's end: a time that UTC has no year for, and what comes of sums with it.

Every time, number and cursor that a route takes is tried at both ends and beyond, as the route's
own types state them, so that a new one is tried too.

| door | input | |
|---|---|---|
| query, every time | years 1 and 9999, with offsets that leave them | clean since they are UTC's |
| query, every number | its least and most, one beyond, 64 bits, 400 digits | clean |
| query, every cursor | other lists', beyond 64 and 128 bits, no base64 | clean |
| the same | an account's cursor with a NUL | found: a 500; now nobody can make one |
| the same, of the ledger's own making | beyond the end, 64 and 128 bits | clean |
| body, every time and number | likewise | clean |
| query | empty cursors, `after`, `types`, `types=,` | found: the beginning, and all |
| `POST /v1/api-keys/{key}/rotate` | a key that ends with year 9999 | found: 500, then for ever |
| `Prefer: wait=`, paths' ids | likewise | clean |
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec.inspect import DateTimeType, IntType, Metadata, StrType, StructType, UnionType
from support.house import House

from headrace.serve.gateway.doors import DOORS
from headrace.serve.gateway.events.events import EventQuery
from headrace.serve.http.door import routes
from headrace.serve.http.route import Route

pytestmark = pytest.mark.asyncio(loop_scope="module")
TIMES = [
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+05:00", "0001-01-01T00:00:00-23:59",
    "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z", "2000-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.9999999Z",
    "9999-12-31T23:59:59-05:00", "9999-12-31T00:00:00+23:59",
]  # fmt: skip
LISTS = ("accounts", "entries", "newest", "of_debtor", "arrived", "with_reference", "in_review")
PLACES = (
    "0", "-1", str(2**62), str(2**63), str(2**128 - 1), str(2**128), "9" * 40, "x", "", "a\0b", "é"
)  # fmt: skip
CURSORS = [
    *(urlsafe_b64encode(f"{o}/{at}".encode()).decode().rstrip("=") for o in LISTS for at in PLACES),
    "", "=", "\0", "é", "a" * 200, "a" * 201, "a" * 257,
]  # fmt: skip
"""That no ledger gave; GIVEN are of the ledger's own making."""
GIVEN = [
    *(("accounts", key) for key in ("0", "a", "zz", "9" * 128)),
    *((listing, n) for listing in LISTS[1:] for n in (0, 1, 2**62, 2**63, 2**128 - 1, 2**128)),
]  # fmt: skip
FAR = (-(2**63), 2**63 - 1, 2**63, 2**64, 10**400)
LISTED = {"debtor": "alice", "creditor": "bob", "status": "settled"}


def plain(told: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    """The types a field may have, without what is said about them."""
    match told:
        case Metadata(type=inner):
            yield from plain(inner)
        case UnionType(types=types):
            for one in types:
                yield from plain(one)
        case _:
            yield told


Names = tuple[str, ...]


def at_their_ends(kind: Any, within: Names = ()) -> Iterator[tuple[Names, Any]]:
    """Values at the ends of each field of a struct that has ends, each with the field's path."""
    struct = msgspec.inspect.type_info(kind)
    assert isinstance(struct, StructType)
    for field in struct.fields:
        path = (*within, field.encode_name)
        for told in plain(field.type):
            match told:
                case DateTimeType():
                    yield from ((path, time) for time in TIMES)
                case IntType(ge=least, le=most):
                    ends = (least, most, (least or 0) - 1, (most or 0) + 1, *FAR)
                    yield from ((path, end) for end in ends if end is not None)
                case StrType() if field.encode_name == "cursor":
                    yield from ((path, cursor) for cursor in CURSORS)
                case StructType(cls=inner):
                    yield from at_their_ends(inner, path)


def item_of(route: Route) -> tuple[Any, Any]:
    """What a body, or an item of it, is, and an example."""
    if route.ndjson is not None:
        return route.ndjson, route.body_example[0]
    return route.body, route.body_example


def with_value(example: Any, path: Names, value: Any) -> Any:
    name, *rest = path
    inner = with_value(example.get(name) or {}, tuple(rest), value) if rest else value
    return {**example, name: inner}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(empty_house: House) -> House:
    await empty_house.open("alice", "bob", "customer-17", "merchant-3")
    return empty_house


def address(route: Route) -> str:
    return (
        route.path.replace("{account}", "alice")
        .replace("{payment}", "0197f2a4-6a00-7c31-9b52-3e1d0c4f0003")
        .replace("{batch}", "0197f2a4-6a00-7c31-9b52-3e1d0c4f0003")
        .replace("{key}", "0197f2a4-6a00-7c31-9b52-3e1d0c4f0003")
    )


async def test_parameters(house: House) -> None:
    client, tried, wrong = house.client(), 0, []
    services = house.gateway._services
    assert services is not None
    cursors = [services.reader.cursors.encode(name, 1, key) for name, key in GIVEN]
    for route in routes(DOORS):
        if route.query in (None, EventQuery):  # which has no ends
            continue
        given = cursors if "cursor" in route.query.__struct_fields__ else []
        for (name,), value in [*at_their_ends(route.query), *((("cursor",), c) for c in given)]:
            for others in ({}, LISTED) if route.path == "/v1/payments" else ({},):
                asked = {**others, name: value}
                told = await client.get(address(route), params=asked)
                tried += 1
                if told.status_code not in (200, 404, 410, 422):
                    wrong.append((route.path, asked, told.status_code))
                elif told.status_code in (410, 422) and told.json()["errors"][0]["field"] != name:
                    wrong.append((route.path, asked, told.text))
    assert wrong == []
    assert tried > 300


async def test_bodies(house: House) -> None:
    tried, wrong = 0, []
    for route in routes(DOORS):
        if route.body is None:
            continue
        client = house.client("operator" if route.resource == "tenant" else "administrator")
        kind, example = item_of(route)
        for path, value in at_their_ends(kind):
            body = with_value(example, path, value)
            listed = [body] if route.ndjson is not None else body
            headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
            told = await client.request(
                route.method, address(route), content=json.dumps(listed), headers=headers
            )
            answers = told.json().get("results", [{"status": told.status_code}])
            tried += 1
            if any(answer["status"] >= 500 for answer in answers) or told.status_code >= 500:
                wrong.append((route.path, path, value, told.text))
    assert wrong == []
    assert tried > 150


async def test_the_successor_of_a_key_that_ends_with_the_last_year(house: House) -> None:
    client = house.client()
    made = await client.post("/v1/api-keys", json={"expires_at": "9999-12-31T23:59:59.999999Z"})
    told = await client.post(f"/v1/api-keys/{made.json()['id']}/rotate")
    assert told.status_code == 201, told.text
    assert told.json()["expires_at"] == "9999-12-31T23:59:59.999999Z"
    for_ever = (await client.post("/v1/api-keys", json={})).json()["id"]
    assert (await client.post(f"/v1/api-keys/{for_ever}/rotate")).json()["expires_at"] is None
    assert (await client.get("/v1/api-keys")).status_code == 200


async def test_a_leap_second_is_told_as_one(house: House) -> None:
    client, leap = house.client(), "2016-12-31T23:59:60Z"
    body = {"debtor": "alice", "creditor": "bob", "amount": 1, "currency": "EUR"}
    answers = [
        await client.get("/v1/accounts/alice", params={"at": leap}),
        await client.post(
            "/v1/payments", json=body | {"occurred_at": leap}, headers={"Idempotency-Key": "l"}
        ),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith("leap seconds are not kept")


@pytest.mark.parametrize(
    ("path", "name", "empty"),
    [
        ("/v1/accounts", "cursor", ""), ("/v1/payments", "cursor", ""),
        ("/v1/accounts/alice/entries", "cursor", ""), ("/v1/accounts/alice", "at", ""),
        ("/v1/events?follow=false", "after", ""), ("/v1/events?follow=false", "types", ""),
        ("/v1/events?follow=false", "types", ","),
        ("/v1/events?follow=false", "types", "payment.settled,"),
    ],
)  # fmt: skip
async def test_what_is_empty_is_neither_the_beginning_nor_all(
    house: House, path: str, name: str, empty: str
) -> None:
    told = await house.client().get(f"{path}{'&' if '?' in path else '?'}{name}={empty}")
    assert told.status_code == 422
    assert told.json()["errors"][0]["field"] == name


async def test_blank_lines_are_no_items(house: House) -> None:
    most = house.settings.gateway.batch_items_max
    line = json.dumps({"id": "alice", "currency": "EUR"}) + "\n"
    headers = {"Content-Type": "application/x-ndjson"}
    for body, status in ((line * most + " \n\r\n", 200), (line * (most + 1), 413)):
        told = await house.client().post("/v1/account-batches", content=body, headers=headers)
        assert told.status_code == status
