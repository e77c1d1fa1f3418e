"""JSON Schema in the forms that client generators take, from what msgspec makes of our types.

Several ways of saying one thing are right by JSON Schema, and generators take some of them:
* null beside another type stands in a list of types, `["string", "null"]`. As a branch of `anyOf`
  it makes classes without a name, or stops the generator;
* what has a name and may be null has no such form: it is left out where there is none (UNSET);
* an `enum` says its type, and holds no null;
* an integer says how wide it is: without a format it is 32 bits in Java;
* a default is told in words: openapi-typescript would have every caller give the field.
"""

from typing import Any

import orjson

from headrace.serve.http.forms import END

Json = dict[str, Any]

NULL: Json = {"type": "null"}
INT32_MAX = 2**31 - 1
_TYPES = {str: "string", int: "integer"}


def formed(schema: Json) -> Json:
    """A schema with all that it holds, in these forms and with patterns in ECMA's dialect; raises
    ValueError where there is none."""
    parts = {key: _part(key, item) for key, item in schema.items()}
    return _with_width(_with_type(_with_null_listed(_with_default_told(parts))))


def _part(key: str, item: Any) -> Any:
    match key, item:
        case "properties", _:
            return {name: formed(schema) for name, schema in item.items()}
        case "pattern", str():
            return item.replace(END, "$")
        case _, dict():
            return formed(item)
        case "anyOf" | "prefixItems", _:
            return [formed(schema) for schema in item]
    return item


def types_of(schema: Json) -> list[str]:
    """All types that a schema names; none where it is a reference."""
    named = schema.get("type", [])
    return list(named) if isinstance(named, list) else [named]


def _with_default_told(schema: Json) -> Json:
    if "default" not in schema:
        return schema
    default, rest = schema["default"], {k: v for k, v in schema.items() if k != "default"}
    if default in (None, ""):
        return rest
    word = default if isinstance(default, str) else orjson.dumps(default).decode()
    says = (rest.get("description", ""), f"Default: `{word}`.")
    return {**rest, "description": " ".join(filter(None, says))}


def _with_null_listed(schema: Json) -> Json:
    if NULL not in schema.get("anyOf", []):
        return schema
    (kind,) = [kind for kind in schema["anyOf"] if kind != NULL]
    if "$ref" in kind or "enum" in kind:
        raise ValueError(f"this or null has no form that clients take; leave it out: {kind}")
    rest = {key: item for key, item in schema.items() if key != "anyOf"}
    told: Json = kind | rest | {"type": [kind["type"], "null"]}
    return told


def _with_type(schema: Json) -> Json:
    if "enum" not in schema or "type" in schema:
        return schema
    (named,) = {_TYPES[type(value)] for value in schema["enum"]}
    return {"type": named, **schema}


def _with_width(schema: Json) -> Json:
    if "integer" not in types_of(schema) or "format" in schema:
        return schema
    wide = schema.get("maximum", INT32_MAX + 1) > INT32_MAX
    return {**schema, "format": "int64" if wide else "int32"}
