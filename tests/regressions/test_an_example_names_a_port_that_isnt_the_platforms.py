"""The first example of `/docs` named a port that wasn't the platform's: pasted, it asked nobody, or
somebody else.

| door | input | |
|---|---|---|
| `/docs`, the guide's examples | `http://127.0.0.1:8000` whatever the port | found |
| `/docs`, the operations' examples | `$HEADRACE_URL` | clean |
| `/openapi.json`: servers, descriptions, examples | no address of a machine | clean but the guide |
| `/problems` | paths only | clean |
"""

import re

import pytest

from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.doors import DOORS
from headrace.serve.gateway.reference.pages import reference
from headrace.serve.http.reference import problem_pages

TOLD = reference(DOORS)
PAGES = {
    "docs": TOLD.docs,
    "openapi": TOLD.openapi.decode(),
    "problems": problem_pages.index() + "".join(map(problem_pages.page, Refusal)),
}
MACHINE = re.compile(r"localhost|127\.0\.0\.1|\b[\w.-]+:(?:80|8\d{3})\b")


@pytest.mark.parametrize("page", PAGES)
def test_no_example_names_a_machine(page: str) -> None:
    assert MACHINE.findall(PAGES[page]) == []


def test_the_examples_of_the_guide_ask_the_platform_that_is_named() -> None:
    assert PAGES["docs"].count("$HEADRACE_URL/v1/payments") > 2
