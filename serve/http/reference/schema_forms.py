"""JSON Schema in the forms that client generators take, from what msgspec makes of our types.

Several ways of saying one thing are right by JSON Schema, and generators take some of them:
* null beside another type stands in a list of types, `["string", "null"]`. As a branch of `anyOf`
  it makes classes without a name, or stops the generator. A request's field that may be null is
  told as one to leave out, which means the same.
* what has a name and may be null has no such form: an answer leaves it out where it has none;
* an `enum` says its type, and holds no null;
* an integer says how wide it is: without a format it is 32 bits in Java.
"""

from collections.abc import Callable
from typing import Any

from headrace.serve.http.forms import END

Json = dict[str, Any]

NULL: Json = {"type": "null"}
INT32_MAX = 2**31 - 1
_TYPES = {str: "string", int: "integer"}


def asked(schema: Json) -> Json:
    """Of what a request has: a field that may be null is one to leave out."""
    return _formed(schema, _left_out)


def told(schema: Json) -> Json:
    """Of what an answer has: a null stays."""
    return _formed(schema, _listed)


def typed(schema: Json) -> Json:
    """With the type of an enumeration's values and the width of integers."""
    if "enum" in schema and "type" not in schema:
        (type_,) = {_TYPES[type(value)] for value in schema["enum"]}
        schema = {"type": type_, **schema}
    if "integer" in types_of(schema) and "format" not in schema:
        wide = schema.get("maximum", INT32_MAX + 1) > INT32_MAX
        schema = {**schema, "format": "int64" if wide else "int32"}
    return schema


def types_of(schema: Json) -> list[str]:
    """All types that a schema names; none where it is a reference."""
    named = schema.get("type", [])
    return list(named) if isinstance(named, list) else [named]


def _formed(value: Any, null: Callable[[Json, Json], Json]) -> Any:
    if isinstance(value, list | tuple):
        return [_formed(item, null) for item in value]
    if not isinstance(value, dict):
        return value
    schema = {
        key: item.replace(END, "$") if key == "pattern" else _formed(item, null)
        for key, item in value.items()
    }
    kinds = schema.get("anyOf", [])
    if NULL in kinds:
        (kind,) = [kind for kind in kinds if kind != NULL]
        rest = {
            key: item
            for key, item in schema.items()
            if key != "anyOf" and (key, item) != ("default", None)
        }
        schema = null(kind, rest)
    return typed(schema)


def _left_out(kind: Json, rest: Json) -> Json:
    return kind | rest


def _listed(kind: Json, rest: Json) -> Json:
    if "$ref" in kind or "enum" in kind:
        raise ValueError(f"clients have no name for this or null; leave it out instead: {kind}")
    return kind | rest | {"type": [kind["type"], "null"]}
