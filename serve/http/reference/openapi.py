"""The OpenAPI 3.1 document, put together from the route table and the structs that routes use."""

import re
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

import msgspec

import headrace
from headrace.serve.http.problems import CODES, PROBLEMS, RETRY_AFTER_S, ProblemDetails, details
from headrace.serve.http.reference.parameters import (
    BATCH_KEY,
    IDEMPOTENCY_KEY,
    PREFER,
    TENANT,
    TRACEPARENT,
    of_path,
    of_query,
)
from headrace.serve.http.reference.schema_forms import formed
from headrace.serve.http.reference.vocabulary import Vocabulary
from headrace.serve.http.route import Answer, Family, PathParameter, Route

Json = dict[str, Any]

TRACE_ID_HEADER = {"Trace-Id": {"$ref": "#/components/headers/Trace-Id"}}
_REF = "#/components/schemas/{name}"


def document(families: Iterable[Family], guide: str = "") -> Json:
    """The whole document, ready to be encoded; `guide` describes it all."""
    families = list(families)
    routes = [route for family in families for route in family.routes]
    schemas = _Schemas(routes, Vocabulary(families))
    parameters = {name: told for family in families for name, told in family.parameters.items()}
    paths: Json = {}
    for route in routes:
        operation = _operation(route, schemas, parameters)
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Headrace",
            "summary": "A high-volume payment platform.",
            "description": guide,
            "version": headrace.__version__,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The platform that serves this document"}],
        "security": [{"api_key": []}],
        "tags": [{"name": family.tag, "description": family.says} for family in families],
        "paths": paths,
        "components": _components(routes, schemas),
    }


def _components(routes: list[Route], schemas: "_Schemas") -> Json:
    return {
        "schemas": schemas.components | {"ProblemCode": _problem_code()},
        "securitySchemes": {
            "api_key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key: `hr_` and 43 characters. Operators name the tenant"
                " that they act for in the header `Headrace-Tenant`.",
            }
        },
        "examples": {
            CODES[refusal]: {
                "summary": PROBLEMS[refusal].title,
                "value": msgspec.to_builtins(details(refusal)),
            }
            for refusal in sorted({r for route in routes for r in route.all_refusals()})
        },
        "headers": {
            "Trace-Id": {
                "description": "The request's W3C trace id: the one of its `traceparent`, or"
                " a new one. Logs, events and the ledger know it.",
                "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            },
            "Retry-After": {
                "description": "Seconds to wait before the same request is sent again.",
                "schema": {"type": "integer", "minimum": 1},
            },
        },
    }


def _problem_code() -> Json:
    """Constants for clients. The field itself stays text: a list that grows would stop clients that
    were generated before at the first code they do not know."""
    return {
        "title": "ProblemCode",
        "description": "What the `code` of a problem may be today; more may come.",
        "type": "string",
        "enum": list(CODES.values()),
    }


class _Schemas:
    """JSON Schema of every struct that a route takes or answers."""

    def __init__(self, routes: list[Route], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        kinds: list[Any] = [ProblemDetails]
        for route in routes:
            kinds += [kind for kind in (route.body, route.ndjson, route.query) if kind is not None]
            kinds += [answer.body for answer in route.answers if answer.body is not None]
            kinds += route.schemas
        unique = list({repr(kind): kind for kind in kinds}.values())
        shown, components = msgspec.json.schema_components(unique, ref_template=_REF)
        self._shown: dict[str, Json] = {
            repr(kind): self._referring(formed(schema))
            for kind, schema in zip(unique, shown, strict=True)
        }
        self.components: Json = vocabulary.told(
            {name: self._referring(formed(schema)) for name, schema in components.items()}
        )
        self._queries: dict[str, Json] = {  # told as parameters
            repr(query): self.components.pop(vocabulary.renamed(query.__name__))
            for query in {route.query for route in routes if route.query is not None}
        }

    def of(self, kind: Any) -> Json:
        """The schema of a type, by reference where it has a name."""
        return self._shown[repr(kind)]

    def query(self, kind: Any) -> Json:
        """The schema of a struct of query parameters."""
        return self._queries[repr(kind)]

    def _referring(self, value: Any) -> Any:
        """The same schema with references under the document's names."""
        if isinstance(value, dict):
            return {key: self._referred(key, item) for key, item in value.items()}
        return [self._referring(item) for item in value] if isinstance(value, list) else value

    def _referred(self, key: str, item: Any) -> Any:
        if key == "$ref":
            return _REF.format(name=self._vocabulary.renamed(item.rpartition("/")[2]))
        return self._referring(item)


def _operation(route: Route, schemas: _Schemas, told: Mapping[str, PathParameter]) -> Json:
    operation: Json = {
        "operationId": route.handler.__name__,
        "tags": [route.tag],
        "summary": route.summary,
        "description": route.says + _role(route),
    }
    if route.least is None:
        operation["security"] = []
    parameters = [of_path(name, told) for name in re.findall(r"\{(\w+)\}", route.path)]
    if route.query is not None:
        parameters += of_query(schemas.query(route.query))
    parameters += [
        parameter
        for parameter, has in (
            (IDEMPOTENCY_KEY, route.keyed),
            (BATCH_KEY, route.batch_keyed),
            (PREFER, route.prefer),
            (TENANT, route.least is not None),
            (TRACEPARENT, route.least is not None),
        )
        if has
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.body is not None:
        operation["requestBody"] = _body(route, schemas)
    operation["responses"] = _responses(route, schemas)
    return operation


def _role(route: Route) -> str:
    if route.least is None or route.least == "member":
        return ""
    return f"\n\nTakes an {route.least}'s key."


def _body(route: Route, schemas: _Schemas) -> Json:
    content = {"schema": schemas.of(route.body)}
    if route.body_example is not None:
        content["example"] = route.body_example
    kinds: Json = {"application/json": content}
    if route.ndjson is not None:
        kinds["application/x-ndjson"] = {
            "schema": {
                "type": "string",
                "description": "One JSON document a line, each as an item of the array.",
            }
        }
    return {"required": route.body_required, "content": kinds}


def _responses(route: Route, schemas: _Schemas) -> Json:
    responses: Json = {}
    for answer in route.answers:
        told = responses.setdefault(str(answer.status), {"headers": {}, "content": {}})
        _tell(answer, schemas, told)
    by_status: dict[int, list[IntEnum]] = {}
    for refusal in route.all_refusals():
        by_status.setdefault(PROBLEMS[refusal].status, []).append(refusal)
    for status in sorted(by_status):
        responses[str(status)] = _problem(by_status[status])
    return responses


def _tell(answer: Answer, schemas: _Schemas, response: Json) -> None:
    """Adds an answer to the response of its status, which may come in several media types."""
    response.setdefault("description", answer.says)
    response["headers"] |= TRACE_ID_HEADER
    for name, says in answer.headers:
        response["headers"][name] = {"description": says, "schema": {"type": "string"}}
    if answer.body is None:
        del response["content"]
        return
    content: Json = {"schema": schemas.of(answer.body)}
    if answer.example is not None:
        content["example"] = answer.example
    if answer.text:
        content["x-text"] = answer.text
    response["content"][answer.media] = content


def _problem(refusals: list[IntEnum]) -> Json:
    """Its codes stand in the description, which generators put beside the method, and name the
    examples: narrowed by a schema of its own, each answer would be a class of its own."""
    headers = dict(TRACE_ID_HEADER)
    if any(refusal in RETRY_AFTER_S for refusal in refusals):
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    codes = [CODES[refusal] for refusal in refusals]
    titles = [PROBLEMS[refusal].title for refusal in refusals]
    return {
        "description": " · ".join(
            f"`{code}`: {title}" for code, title in zip(codes, titles, strict=True)
        ),
        "headers": headers,
        "content": {
            "application/problem+json": {
                "schema": {"$ref": _REF.format(name="Problem")},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }
