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
        (httpx.Response(401, text="no"), True),
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
