"""A world counts what it compares, and ends where its books and the platform's differ."""

from random import Random

import httpx

from headrace.loadtests.books import story
from headrace.loadtests.books.api import Api, Told
from headrace.loadtests.books.model.outcome import Outcome, refused
from headrace.loadtests.books.operations import OPERATIONS, choose
from headrace.loadtests.books.tally import Tally
from headrace.loadtests.books.world import World


def _world(http: httpx.AsyncClient, tally: Tally) -> World:
    api = Api(http, "hr_key", tally, "test", Random(1))
    return World("w", 7, api, api)


async def test_a_wrong_answer_is_a_violation_that_says_how_to_find_it() -> None:
    tally = Tally(7)
    async with httpx.AsyncClient() as http:
        world = _world(http, tally)
        world.number = 12
        expected = Outcome(status=201, body={"amount": 5})
        assert not world.take({"POST": "x"}, expected, Told(201, {"amount": 6}, {}))
    (found,) = tally.violations
    assert (found.seed, found.where, found.number) == (7, "world w", 12)
    assert "amount: expected 5, got 6" in found.expected
    assert "6" in found.got
    assert world.ended
    assert tally.answers_compared == 1


async def test_a_refusal_for_another_reason_does_not_end_a_world() -> None:
    tally = Tally(7)
    async with httpx.AsyncClient() as http:
        world = _world(http, tally)
        told = Told(409, {"code": "account_closed", "status": 409}, {})
        assert not world.take({"POST": "x"}, refused("account_frozen"), told)
    assert tally.violations
    assert not world.ended


async def test_two_tellings_of_a_story_are_compared_answer_by_answer() -> None:
    tally = Tally(7)
    async with httpx.AsyncClient() as http:
        one, other = _world(http, tally), _world(http, tally)
        payment = "01a220cd-4fef-7de5-8c03-02b1a1ab000e"
        one.note("pay", Told(201, {"id": payment, "created_at": "1", "amount": 5}, {}))
        again = payment.replace("4fef", "5fef")
        other.note("pay", Told(201, {"id": again, "created_at": "2", "amount": 5}, {}))
        story.compare(one, other, tally)
        assert not tally.differ
        one.note("pay", Told(201, {"id": payment, "status": "settled"}, {}))
        other.note("pay", Told(201, {"id": again, "status": "declined"}, {}))
        story.compare(one, other, tally)
        assert len(tally.differ) == 1
        other.note("pay", Told(201, {}, {}))
        story.compare(one, other, tally)
    assert len(tally.differ) == 3


async def test_a_page_that_is_not_the_platforms_is_a_violation_and_no_answer() -> None:
    answers = iter(
        [
            httpx.Response(404, text="Not Found"),
            httpx.Response(
                404, json={"code": "unknown_account", "status": 404},
                headers={"content-type": "application/problem+json"},
            ),
        ]
    )  # fmt: skip
    transport = httpx.MockTransport(lambda request: next(answers))
    tally = Tally(7)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        told = await Api(http, "hr_key", tally, "test", Random(1)).get("/v1/accounts/a")
    assert told.code == "unknown_account"
    assert told.doubtful
    assert len(tally.violations) == 1


def test_a_seed_chooses_the_same_operations() -> None:
    one, other = Random("7 w"), Random("7 w")
    assert [choose(one) for _ in range(200)] == [choose(other) for _ in range(200)]
    assert {choose(one) for _ in range(20_000)} == {operation for _, operation in OPERATIONS}
