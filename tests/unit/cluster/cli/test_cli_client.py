from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from headrace.cluster.cli.client import (
    Api,
    Patience,
    backoff_s,
    is_final,
    problem_of,
    raise_for_problem,
    retry_after_s,
)
from headrace.cluster.cli.failures import Failure, NotAllowed, Unreachable


def test_backoff_doubles_up_to_a_bound() -> None:
    for attempt, longest in enumerate([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]):
        assert longest / 2 <= backoff_s(attempt) <= longest


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after_s("2") == 2.0
    assert retry_after_s(None) == retry_after_s("soon") == retry_after_s("-3") == 0.0
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < retry_after_s(later) <= 30


def test_a_problem_is_told_in_a_sentence() -> None:
    response = httpx.Response(
        422,
        json={
            "code": "invalid_field",
            "title": "A field is wrong",
            "errors": [{"field": "debtor", "reason": "is missing"}],
        },
    )
    with pytest.raises(Failure) as caught:
        raise_for_problem(response)
    assert str(caught.value) == "invalid_field: A field is wrong (debtor: is missing)"
    assert caught.value.problem["code"] == "invalid_field"


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_not_has_its_own_exit_code(status: int) -> None:
    with pytest.raises(NotAllowed):
        raise_for_problem(httpx.Response(status, json={"code": "forbidden"}))


def test_an_error_that_is_no_problem_becomes_one() -> None:
    assert problem_of(httpx.Response(500, text="<html>")) == {"status": 500, "code": "http_500"}
    raise_for_problem(httpx.Response(201))


OURS = {"code": "unknown_account"}


@pytest.mark.parametrize(
    ("response", "final"),
    [
        (httpx.Response(201), True),
        (httpx.Response(404, json=OURS), True),
        (httpx.Response(404, text="Path '/v1/payments' not found."), False),
        (httpx.Response(404, json={"detail": "Not Found"}), False),
        (httpx.Response(422, json={"code": "invalid_field"}), True),
        (httpx.Response(401, json={"code": "unauthenticated"}), True),
        (httpx.Response(401, text="no"), False),
        (httpx.Response(400, text="<html>400 Bad request"), False),
        (httpx.Response(403, text="<html>"), False),
        (httpx.Response(408, json={"code": "body_timed_out"}), False),
        (httpx.Response(422, json={"detail": "Unprocessable"}), False),
        (httpx.Response(302, headers={"Location": "/login"}), False),
        (httpx.Response(200, html="<html>maintenance"), False),
        (httpx.Response(503, json={"code": "unavailable"}), False),
        (httpx.Response(501, text="<html>"), False),
    ],
)
def test_a_404_of_something_in_the_platforms_place_is_no_answer(
    response: httpx.Response, final: bool
) -> None:
    assert is_final(response) is final


async def test_a_bare_404_is_asked_again() -> None:
    answers = [httpx.Response(404, text="no route"), httpx.Response(200, json={"id": "a"})]
    said: list[str] = []
    async with Api("http://127.0.0.1:1", "hr_x", on_wait=said.append) as api:
        api._http = httpx.AsyncClient(
            base_url=api.url, transport=httpx.MockTransport(lambda _: answers.pop(0))
        )
        assert await api.get("/v1/accounts/a") == {"id": "a"}
    assert "404" in said[0]
    assert "again" in said[-1]


def answering(api: Api, *answers: httpx.Response) -> list[httpx.Request]:
    """Lets an Api be answered so, the last answer again and again; the requests it sends."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answers[min(len(asked), len(answers)) - 1]

    api._http = httpx.AsyncClient(base_url=api.url, transport=httpx.MockTransport(answer))
    return asked


async def test_a_key_made_by_a_gateway_that_was_lost_is_not_made_again() -> None:
    lost = httpx.Response(503, json={"code": "unavailable"})
    async with Api("http://127.0.0.1:1", "hr_x") as api:
        asked = answering(api, lost, httpx.Response(201, json={}))
        with pytest.raises(Unreachable, match="look first"):
            await api.post("/v1/api-keys", {}, repeat=False)
        assert len(asked) == 1


async def test_a_retry_after_beyond_patience_does_not_end_it() -> None:
    late = httpx.Response(503, json={"code": "unavailable"}, headers={"Retry-After": "3600"})
    async with Api("http://127.0.0.1:1", "hr_x", patience_s=0.2) as api:
        asked = answering(api, late, httpx.Response(200, json={"id": "a"}))
        assert await api.get("/v1/accounts/a") == {"id": "a"}
        assert len(asked) == 2


def test_who_waits_together_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("headrace.cluster.cli.client.time.monotonic", lambda: now[0])
    said: list[str] = []
    patience = Patience(60, said.append)
    for _ in range(4):
        patience.pause_s(1, "503 (unavailable)")
    patience.progress()
    patience.progress()
    assert said == ["503 (unavailable): trying again for 60 s", "the platform answers again"]
    patience.pause_s(1, "by turns")
    patience.progress()
    assert len(said) == 2
    now[0] += 10
    patience.pause_s(1, "by turns")
    assert len(said) == 3


def test_no_pause_goes_beyond_the_end_of_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("headrace.cluster.cli.client.time.monotonic", lambda: now[0])
    patience = Patience(10)
    assert patience.pause_s(4, "") == 4
    now[0] += 8
    assert patience.pause_s(4, "") == 2
    now[0] += 2
    with pytest.raises(Unreachable, match="no progress for 10 s"):
        patience.pause_s(4, "")


async def test_a_bare_404_that_stays_is_unreachable_not_refused() -> None:
    async with Api("http://127.0.0.1:1", "hr_x", patience_s=0.1) as api:
        api._http = httpx.AsyncClient(
            base_url=api.url, transport=httpx.MockTransport(lambda _: httpx.Response(404))
        )
        with pytest.raises(Unreachable):
            await api.get("/v1/accounts/a")


def test_patience_counts_from_the_last_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("headrace.cluster.cli.client.time.monotonic", lambda: now[0])
    patience = Patience(10)
    now[0] += 60  # a request that takes long has not failed yet
    assert patience.left_s() == 10
    now[0] += 8
    assert patience.left_s() == 2
    patience.progress()
    now[0] += 8
    assert patience.left_s() == 10
