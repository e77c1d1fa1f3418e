"""The API document: valid, complete, and its examples are what it says."""

import re
from typing import Any, get_args

import msgspec
import pytest
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import validate

from headrace.runtime.journal.states import PaymentState
from headrace.serve.gateway.doors import DOORS
from headrace.serve.gateway.payments.payments import StateName
from headrace.serve.gateway.reference.pages import reference
from headrace.serve.http.problems import CODES
from headrace.serve.http.reference import page

Json = dict[str, Any]
DOCUMENT = msgspec.json.decode(reference(DOORS).openapi)
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def holds(schema: Json, example: Any) -> None:
    whole = schema | {"components": DOCUMENT["components"]}
    OAS31Validator(whole, format_checker=oas31_format_checker).validate(example)


def test_it_is_openapi() -> None:
    validate(DOCUMENT)


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_examples_are_what_their_schemas_say(path: str, method: str, operation: Json) -> None:
    seen = 0
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            examples = [
                DOCUMENT["components"]["examples"][code]["value"]
                for code in content.get("examples", {})
            ]
            examples += [content["example"]] if "example" in content else []
            for example in examples:
                holds(content["schema"], example)
                seen += 1
    assert seen
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body:
        holds(body["schema"], body["example"])
    for parameter in operation.get("parameters", []):
        if "example" in parameter:
            holds(parameter["schema"], parameter["example"])


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_is_told_in_full(path: str, method: str, operation: Json) -> None:
    assert operation["summary"]
    assert operation["description"].endswith(".")
    given = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
    assert given == set(re.findall(r"\{(\w+)\}", path))
    assert all(p["description"] for p in operation.get("parameters", []))
    assert any(status.startswith("2") for status in operation["responses"])
    for status, answer in operation["responses"].items():
        assert answer["headers"]["Trace-Id"]
        if status in ("429", "503"):
            assert "Retry-After" in answer["headers"]


def test_every_problem_can_be_met() -> None:
    told = {
        code
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
        for code in answer.get("content", {})
        .get("application/problem+json", {})
        .get("examples", {})
    }
    # Of an unknown path or method, and of what is no HTTP, there is no operation to say it; the
    # last is of items only.
    elsewhere = {"method_not_allowed", "malformed_request", "duplicate_key_in_batch"}
    assert set(CODES.values()) - told == elsewhere


def test_patterns_are_in_the_dialect_of_browsers() -> None:
    assert "(?!" not in str(DOCUMENT)
    assert r"\Z" not in str(DOCUMENT)


def test_states_in_filters_are_the_states() -> None:
    assert set(get_args(StateName)) == {state.name.lower() for state in PaymentState}


def test_the_page_tells_every_operation_and_loads_nothing() -> None:
    text = page.page(DOCUMENT)
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in text
    assert "<script" not in text
    assert "style=" not in text
    assert not re.search(r"""(src|href)=["'](?!/|#)""", text)
    assert len(re.findall(r' id="', text)) == len(set(re.findall(r' id="([^"]+)"', text)))


def test_links_within_the_page_lead_somewhere() -> None:
    text = page.page(DOCUMENT)
    targets = set(re.findall(r' id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= targets
