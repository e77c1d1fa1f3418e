"""Every refusal has its HTTP form and its page."""

import pickle
import re

import pytest

from headrace.runtime.payments.answer import Refused
from headrace.runtime.refusals import RETRYABLE, Refusal
from headrace.serve.gateway.doors import DOORS
from headrace.serve.http import reply
from headrace.serve.http.own_problems import OWN_PROBLEMS
from headrace.serve.http.problems import CODES, PROBLEMS, RETRY_AFTER_S, Problem, details, of_answer
from headrace.serve.http.reference import problem_pages


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_has_a_row_and_a_page(refusal: Refusal) -> None:
    row = PROBLEMS[refusal]
    assert 400 <= row.status < 600
    assert row.title
    assert row.meaning.endswith((".", ")"))
    assert row.remedy
    page = problem_pages.page(refusal)
    assert CODES[refusal] in page
    assert row.title in page
    assert f"/problems/{CODES[refusal]}" in problem_pages.index()


def test_each_row_is_declared_where_it_belongs() -> None:
    of_areas = [family.problems for door in DOORS for family in door.families]
    declared = [refusal for rows in (OWN_PROBLEMS, *of_areas) for refusal in rows]
    assert sorted(declared) == list(PROBLEMS)


def test_the_table_is_in_order_of_precedence() -> None:
    assert list(PROBLEMS) == sorted(Refusal)


def test_what_can_be_repeated_says_when() -> None:
    assert set(RETRY_AFTER_S) == RETRYABLE
    assert {PROBLEMS[refusal].status for refusal in RETRYABLE} == {429, 503}


@pytest.mark.parametrize("refusal", Refusal)
def test_reply_carries_what_its_status_asks_for(refusal: Refusal) -> None:
    answer = reply.problem(Problem(refusal, "why", "amount"))
    headers = dict(answer.headers)
    assert answer.status == PROBLEMS[refusal].status
    assert headers[b"content-type"] == b"application/problem+json"
    assert (b"retry-after" in headers) == (answer.status in (429, 503))
    assert (b"www-authenticate" in headers) == (answer.status == 401)


def test_details_name_field_and_reason() -> None:
    told = details(Refusal.INVALID_AMOUNT, "must be at least 1", "amount")
    assert told.type == "/problems/invalid_amount"
    assert told.status == 422
    assert [(e.field, e.reason) for e in told.errors or []] == [("amount", "must be at least 1")]
    assert of_answer(Refused(Refusal.UNKNOWN_ACCOUNT, "creditor")).code == "unknown_account"


def test_a_problem_survives_pickling() -> None:
    problem = pickle.loads(pickle.dumps(Problem(Refusal.OVERLOADED, "why", "f", ((b"a", b"b"),))))
    assert (problem.refusal, problem.detail, problem.field) == (Refusal.OVERLOADED, "why", "f")
    assert problem.headers == ((b"a", b"b"),)


def test_pages_load_nothing_from_outside() -> None:
    for page in (problem_pages.index(), problem_pages.page(Refusal.FORBIDDEN)):
        assert "<script" not in page
        assert not re.search(r"""(src|href)=["'](?!/|#)""", page)
