"""The API document was right by OpenAPI 3.1, and wrong in the clients that are generated from it.

Each row is one way of saying something that some generator does not take; what else says the same
stands beside it. tests/integration/clients generates the clients, compiles them and pays.

| said as | what became of it | siblings |
|---|---|---|
| a problem narrowed by `allOf` and `const`, | openapi-python-client left out all of 255; | none |
| for each answer | 53 classes as `CreatePayment422Response` | |
| null as a branch of `anyOf` | classes without a name | 50 fields: found; queries: clean |
| `limits`: a named schema or null | the same | both: found, left out now |
| an enum that holds null | three classes a field, `<nil>` in Go | `outcome`: found |
| an enum without a type | `interface{}` in Go | `Role` and six fields: found |
| an integer without a width | Java's `int`: no 21,474,836.48 EUR | all amounts: found |
| an enum of a list that grows | an older client fails on what is new | kinds, reasons: found |
| a default of a field | openapi-typescript makes callers give it | requests, answers: found |
| a map or null without a title | `PaymentMetadataType0` | payments, deposits: found |
| a body as a list or an object | Java that is none | payment and account batches: found |
| payment states where they are used | four enums, `ListPaymentsStatus` | other lists: clean |
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from headrace.serve.gateway.doors import DOORS
from headrace.serve.gateway.reference.pages import reference
from headrace.serve.http.problems import CODES
from headrace.serve.http.reference import schema_forms

Json = dict[str, Any]
DOCUMENT = msgspec.json.decode(reference(DOORS).openapi)
NAMED: dict[str, Json] = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    operation["operationId"]: operation
    for methods in DOCUMENT["paths"].values()
    for operation in methods.values()
}
REFUSALS = [
    pytest.param(answer, id=f"{name} {status}")
    for name, operation in OPERATIONS.items()
    for status, answer in operation["responses"].items()
    if status[0] in "45" and "application/problem+json" in answer["content"]
]


def within(where: str, value: Any) -> Iterator[tuple[str, Json]]:
    """Every object below, and where it stands; examples are nobody's schema."""
    if isinstance(value, dict):
        yield where, value
        for key, item in value.items():
            if key not in ("example", "examples"):
                yield from within(f"{where}.{key}", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from within(f"{where}.{index}", item)


SCHEMAS = list(within("", {"schemas": NAMED, "paths": DOCUMENT["paths"]}))


def types(schema: Json) -> list[str]:
    kinds = schema.get("type", [])  # or the schema of a property of this name
    return kinds if isinstance(kinds, list) else [kinds] if isinstance(kinds, str) else []


FAULTS = {
    "is one of several schemas": lambda s: s.keys() & {"anyOf", "oneOf", "allOf", "const"},
    "is an enum without a type": lambda s: (
        isinstance(s.get("enum"), list) and s.get("type") not in ("string", "integer")
    ),
    "is an enum that holds null": lambda s: None in (s.get("enum") or []),
    "is an integer without a width": lambda s: "integer" in types(s) and "format" not in s,
    "is 32 bits and holds more": lambda s: (
        s.get("format") == "int32" and s.get("maximum", 2**31) > 2**31 - 1
    ),
    "is an object or null without a title": lambda s: (
        {"object", "null"} <= set(types(s)) and "title" not in s
    ),
    "has a default": lambda s: "default" in s and not isinstance(s["default"], dict),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_schema_is_one_that_generators_misread(fault: str) -> None:
    assert [where for where, schema in SCHEMAS if FAULTS[fault](schema)] == []


@pytest.mark.parametrize("answer", REFUSALS)
def test_every_refusal_is_the_one_problem_with_its_codes_told(answer: Json) -> None:
    told = answer["content"]["application/problem+json"]
    assert told["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert told["examples"]
    for code in told["examples"]:
        assert f"`{code}`" in answer["description"]
        assert code in NAMED["ProblemCode"]["enum"]


@pytest.mark.parametrize(
    ("schema", "field", "constants"),
    [
        ("Problem", "code", "ProblemCode"),
        ("Payment", "decline_reason", "DeclineReason"),
        ("Movement", "decline_reason", "DeclineReason"),
        ("TimelineEntry", "decline_reason", "DeclineReason"),
        ("BatchPayment", "decline_reason", "DeclineReason"),
        ("TimelineEntry", "kind", "TimelineKind"),
        ("Entry", "kind", "EntryKind"),
        ("Risk", "reasons", "RiskReason"),
    ],
)
def test_what_grows_is_text_that_older_clients_can_read(
    schema: str, field: str, constants: str
) -> None:
    told = NAMED[schema]["properties"][field]
    assert "string" in types(told.get("items", told))
    assert "enum" not in told.get("items", told)
    assert NAMED[constants]["enum"]
    if field == "code":
        assert NAMED[constants]["enum"] == list(CODES.values())
    else:
        assert all(f"`{value}`" in told["description"] for value in NAMED[constants]["enum"])


def test_states_of_payments_have_one_name() -> None:
    status = {"$ref": "#/components/schemas/PaymentStatus"}
    for name in ("Payment", "TimelineEntry", "BatchPayment"):
        assert NAMED[name]["properties"]["status"] == status
    (parameter,) = [p for p in OPERATIONS["list_payments"]["parameters"] if p["name"] == "status"]
    assert parameter["schema"] == status


@pytest.mark.parametrize(
    "kind", [{"$ref": "#/components/schemas/Limits"}, {"type": "string", "enum": ["a"]}]
)
def test_what_cannot_be_told_so_stops_the_document(kind: Json) -> None:
    with pytest.raises(ValueError, match="leave it out"):
        schema_forms.formed({"properties": {"limits": {"anyOf": [kind, {"type": "null"}]}}})
