"""What a new door with a new area costs: a row in the list of doors, and nothing else outside it.

The area below is all that is written. It is served, asks who comes, turns down in a form of its
own, and is told in the reference, with a refusal, a right, a part of a path and words of its own.
"""

from collections.abc import AsyncIterator, Iterator
from enum import IntEnum
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
import pytest_asyncio
from openapi_spec_validator import validate
from support.ledger_tokens import MASTER, TOKENS

from headrace.actors.partition_client import PartitionClient
from headrace.runtime.identity.keys import Role
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings import Settings
from headrace.serve.gateway.app import Gateway
from headrace.serve.gateway.doors import DOORS
from headrace.serve.gateway.services import Services
from headrace.serve.http import problems, reply
from headrace.serve.http.caller import Caller
from headrace.serve.http.door import Ask, Door, routes
from headrace.serve.http.problem_type import ProblemType
from headrace.serve.http.problems import CODES, PROBLEMS, REFUSALS, Problem, declare
from headrace.serve.http.reply import Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family, PathParameter


class TideRefusal(IntEnum):
    """In a range of its own, far from those of the areas there are."""

    NO_TIDE = 9_001


class Tide(msgspec.Struct):
    """How high the water stands."""

    harbour: str
    height: int


def tides() -> Family:
    """The area: its family, with everything that it declares."""
    family = Family(
        "Tides",
        "The sea at our harbours.",
        rights={("read", "tide"): Role.MEMBER, ("turn", "tide"): Role.OPERATOR},
        problems=declare(
            "tides",
            {TideRefusal.NO_TIDE: ProblemType(404, "No tide", "It is a lake.", "Ask the sea.")},
            numbers=range(9_000, 9_100),
        ),
        parameters={"harbour": PathParameter("Where.", {"type": "string"}, "bristol")},
        words={"Water": {"height": {"description": "In millimetres."}}},
        names={"Tide": "Water"},
    )
    tide = Answer(200, "The tide.", Tide, {"harbour": "bristol", "height": 13_000})

    @family.route(
        "GET", "/tides/{harbour}", "Read a tide", "As it stands now.", tide,
        right=("read", "tide"), refusals=(TideRefusal.NO_TIDE,),
    )  # fmt: skip
    async def read_tide(services: Services, request: Request) -> Reply:
        if request.params["harbour"] == "como":
            raise Problem(TideRefusal.NO_TIDE, "como lies at a lake", "harbour")
        return reply.json(200, Tide(request.params["harbour"], 13_000))

    @family.route(
        "POST", "/tides/{harbour}/turn", "Turn a tide", "Against nature.", tide,
        right=("turn", "tide"),
    )  # fmt: skip
    async def turn_tide(services: Services, request: Request) -> Reply:
        return reply.json(200, Tide(request.params["harbour"], 0))

    return family


def in_two_words(problem: Problem) -> Reply:
    body = msgspec.json.encode({"no": CODES[problem.refusal], "why": problem.detail})
    return Reply(PROBLEMS[problem.refusal].status, body, [(b"content-type", b"application/json")])


def by_name(services: Services) -> Ask:
    async def ask(headers: dict[bytes, bytes]) -> Caller:
        name = headers.get(b"x-name", b"").decode()
        if not name:
            raise Problem(Refusal.UNAUTHENTICATED, "say who you are")
        return Caller(Role(name), 1, "acme", bytes(16))

    return ask


class Away:
    """No actor answers."""

    async def submit(self, actor: int, data: bytes) -> bytes:
        raise ConnectionError

    async def await_leg(self, actor: int, opened_by: Any, timeout_s: float) -> None:
        raise ConnectionError

    async def stats(self, actor: int) -> dict[str, Any]:
        raise ConnectionError


@pytest.fixture
def doors() -> Iterator[tuple[Door, ...]]:
    """The list of doors with one row more; the tables are as before afterwards."""
    tables: list[dict[Any, Any]] = [PROBLEMS, CODES, REFUSALS, problems._RANGES]
    before = [dict(table) for table in tables]
    try:
        yield (
            *DOORS,
            Door(prefix="/tides/", families=(tides(),), ask=by_name, problem=in_two_words),
        )
    finally:
        for table, rows in zip(tables, before, strict=True):
            table.clear()
            table.update(rows)


class WithoutLedger(Gateway):
    """Nothing that is asked here is read from it."""

    async def opened(self):
        return Services(
            self._settings, self._partitions, self._pool, MASTER, TOKENS, doors=self._doors
        )


@pytest_asyncio.fixture
async def client(doors: tuple[Door, ...]) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings()
    pool = asyncpg.create_pool("postgresql://nobody@nowhere.invalid/none")  # nobody connects it
    gateway = WithoutLedger(
        settings, PartitionClient(settings.cell, settings.calls, Away()), pool, doors=doors
    )
    await gateway.start()
    transport = httpx.ASGITransport(app=gateway)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client
    await gateway.stop()


async def test_it_is_served_to_those_who_may(client: httpx.AsyncClient) -> None:
    told = await client.get("/tides/bristol", headers={"X-Name": "member"})
    assert (told.status_code, told.json()) == (200, {"harbour": "bristol", "height": 13_000})
    assert told.headers["Trace-Id"]
    turned = await client.post("/tides/bristol/turn", headers={"X-Name": "operator"})
    assert turned.status_code == 200
    assert 'operation="read_tide",status="200"' in (await client.get("/metrics")).text


async def test_it_turns_down_in_its_own_form(client: httpx.AsyncClient) -> None:
    for method, path, name, status, code, why in (
        ("GET", "/tides/bristol", "", 401, "unauthenticated", "say who you are"),
        ("POST", "/tides/x/turn", "member", 403, "forbidden", "this takes an operator's key"),
        ("GET", "/tides/como", "member", 404, "no_tide", "como lies at a lake"),
        ("GET", "/tides/bristol/height", "member", 404, "not_found", "no such path"),
        ("DELETE", "/tides/bristol", "member", 405, "method_not_allowed", ""),
    ):
        headers = {"X-Name": name} if name else {}
        told = await client.request(method, path, headers=headers)
        assert (told.status_code, told.json()) == (status, {"no": code, "why": why}), path
    elsewhere = await client.get("/tide")
    assert elsewhere.headers["Content-Type"] == "application/problem+json"


async def test_it_is_told_in_the_reference(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    validate(document)
    operation = document["paths"]["/tides/{harbour}"]["get"]
    assert [p["name"] for p in operation["parameters"] if p["in"] == "path"] == ["harbour"]
    assert "No tide" in operation["responses"]["404"]["description"]
    water = document["components"]["schemas"]["Water"]["properties"]
    assert water["height"]["description"] == "In millimetres."
    assert document["tags"][-1]["name"] == "Tides"
    assert "/v1/payments" in document["paths"]
    page = (await client.get("/docs")).text
    assert 'id="read_tide"' in page
    assert 'href="/problems/no_tide"' in page
    assert "It is a lake." in (await client.get("/problems/no_tide")).text
    assert "no_tide" in (await client.get("/problems")).text


def test_it_is_in_the_table_of_rights(doors: tuple[Door, ...]) -> None:
    rights = {(r.path, r.action, r.resource, r.least) for r in routes(doors)}
    assert rights - {(r.path, r.action, r.resource, r.least) for r in routes(DOORS)} == {
        ("/tides/{harbour}", "read", "tide", Role.MEMBER),
        ("/tides/{harbour}/turn", "turn", "tide", Role.OPERATOR),
    }


def test_a_route_without_a_right_is_no_route(doors: tuple[Door, ...]) -> None:
    family = doors[-1].families[0]
    with pytest.raises(ValueError, match="who may drain tide"):
        family.route("POST", "/tides/drain", "Drain", "", right=("drain", "tide"))


def test_a_door_refuses_what_is_not_behind_it(doors: tuple[Door, ...]) -> None:
    families = doors[-1].families
    with pytest.raises(ValueError, match="not behind the door /sea/"):
        Door(prefix="/sea/", families=families, ask=by_name)
    with pytest.raises(ValueError, match="its door asks nobody"):
        Door(prefix="/tides/", families=families)


class Strange(IntEnum):
    TOO_HIGH = 9_050
    UNKNOWN_PAYMENT = 9_200


ROW = ProblemType(400, "Strange", "It is.", "Wonder.")


@pytest.mark.parametrize(
    ("area", "refusal", "numbers", "says"),
    [
        ("moons", Strange.TOO_HIGH, range(9_050, 9_060), "are those of tides"),
        ("tides", Strange.TOO_HIGH, range(9_200, 9_300), "are those of tides"),
        ("moons", Strange.TOO_HIGH, range(9_200, 9_300), "outside"),
        ("moons", Strange.UNKNOWN_PAYMENT, range(9_200, 9_300), "declared already"),
        ("moons", Refusal.FORBIDDEN, problems.SPINE, "declared already"),
    ],
)
def test_no_two_areas_share_a_number_or_a_code(
    doors: tuple[Door, ...], area: str, refusal: IntEnum, numbers: range, says: str
) -> None:
    before = dict(PROBLEMS)
    with pytest.raises(ValueError, match=says):
        declare(area, {refusal: ROW}, numbers)
    assert before == PROBLEMS
