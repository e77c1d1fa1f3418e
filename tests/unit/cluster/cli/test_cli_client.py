from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from headrace.cluster.cli.client import backoff_s, problem_of, raise_for_problem, retry_after_s
from headrace.cluster.cli.failures import Failure, NotAllowed


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
