"""Parameters as the API document tells them: in the path, the query and the headers."""

from collections.abc import Mapping
from typing import Any

from headrace.serve.http.forms import END, KEY_PATTERN
from headrace.serve.http.route import PathParameter

Json = dict[str, Any]


def _header(name: str, says: str, schema: Json, example: str, required: bool = False) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": says,
        "schema": schema,
        "example": example,
    }


IDEMPOTENCY_KEY = _header(
    "Idempotency-Key",
    "Your key for this request. The same key with the same request gets the first answer again;"
    " with another request it is refused.",
    {"type": "string", "pattern": KEY_PATTERN.replace(END, "$")},
    "order-2041",
    required=True,
)
BATCH_KEY = _header(
    "Idempotency-Key",
    "Names the batch, so that it can be found again when its answer was lost.",
    {"type": "string", "pattern": KEY_PATTERN.replace(END, "$")},
    "payroll-2026-03",
)
PREFER = _header(
    "Prefer",
    "`wait=N` lets the answer take up to N seconds (at most 30), so that a payment on its way"
    " between two partitions can be answered in its final state. The outcome is the same.",
    {"type": "string"},
    "wait=5",
)
TENANT = _header(
    "Headrace-Tenant",
    "The tenant that an operator's key acts for. Other keys leave it out.",
    {"type": "string"},
    "acme",
)
TRACEPARENT = _header(
    "traceparent",
    "W3C Trace Context, to find the request again in logs, events and the ledger.",
    {"type": "string"},
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)


def of_path(name: str, told: Mapping[str, PathParameter]) -> Json:
    """A part of a path, as its family tells it."""
    says, schema, example = told[name]
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": says,
        "schema": schema,
        "example": example,
    }


def of_query(struct: Json) -> list[Json]:
    """The fields of a struct's schema as query parameters."""
    required = struct.get("required", [])
    return [
        {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": schema.get("description", ""),
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for name, schema in struct["properties"].items()
    ]
