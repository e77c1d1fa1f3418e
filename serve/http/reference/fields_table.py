"""A JSON schema as a list of fields that people can read."""

from collections.abc import Iterator
from html import escape
from typing import Any

from headrace.serve.http.pages.html import element, inline
from headrace.serve.http.reference.schema_forms import types_of

Json = dict[str, Any]


_PLURALS = {"object": "objects", "string": "strings", "integer": "integers"}


class Schemas:
    """Follows references within a document."""

    def __init__(self, document: Json) -> None:
        self._named: Json = document["components"]["schemas"]

    def resolve(self, schema: Json) -> Json:
        """What a `$ref` points to."""
        if "$ref" not in schema:
            return schema
        name = schema["$ref"].rpartition("/")[2]
        return {**self._named[name], **{k: v for k, v in schema.items() if k != "$ref"}}

    def fields(self, schema: Json) -> Iterator[tuple[str, Json, bool]]:
        """Name, schema and whether it is required, of an object's or its items' fields."""
        found = self.resolve(schema)
        if found.get("type") == "array":
            found = self.resolve(found["items"])
        required = found.get("required", [])
        for name, field in found.get("properties", {}).items():
            yield name, field, name in required

    def type_of(self, schema: Json) -> str:
        """In a word or two."""
        found = self.resolve(schema)
        if "enum" in found:
            return "one of"
        kind = next((kind for kind in types_of(found) if kind != "null"), "any value")
        if kind == "array":
            return f"list of {_PLURALS.get(self.type_of(found['items']), 'values')}"
        if kind == "object" and "additionalProperties" in found and "properties" not in found:
            return "map of strings"
        return {"date-time": "date and time", "uuid": "UUID"}.get(found.get("format", ""), kind)


def table(schemas: Schemas, schema: Json, *, asked: bool, depth: int = 0) -> str:
    """The fields of a schema, nested ones folded in; `asked`: say which a request must have."""
    rows = [
        _row(schemas, name, field, required and asked, asked, depth)
        for name, field, required in schemas.fields(schema)
    ]
    return element("dl", *rows, class_="fields") if rows else ""


def row(schemas: Schemas, name: str, schema: Json, says: str, required: bool) -> str:
    """One parameter."""
    return _row(schemas, name, {**schema, "description": says}, required, True, 9)


def _row(schemas: Schemas, name: str, schema: Json, required: bool, asked: bool, depth: int) -> str:
    found = schemas.resolve(schema)
    says = schema.get("description") or found.get("description", "")
    if found.get("properties") and "description" not in schema:
        says = ""
    kind = schemas.type_of(schema)
    if "null" in types_of(found):
        kind += " or null"
    head = [element("code", escape(name)), element("span", kind, class_="type")]
    if required:
        head.append(element("span", "required", class_="required"))
    body = [element("p", inline(says))] if says else []
    if values := found.get("enum"):
        listed = " ".join(element("code", escape(str(value))) for value in values)
        body.append(element("p", listed, class_="values"))
    if bounds := _bounds(found):
        body.append(element("p", escape(bounds), class_="bounds"))
    inner = found["items"] if found.get("type") == "array" else found
    if depth < 2 and any(True for _ in schemas.fields(inner)):
        nested = table(schemas, inner, asked=asked, depth=depth + 1)
        body.append(element("details", element("summary", "its fields"), nested))
    return element("dt", *head) + element("dd", *body)


def _bounds(schema: Json) -> str:
    told = []
    if "minimum" in schema and "maximum" in schema:
        told.append(f"{schema['minimum']} to {schema['maximum']}")
    elif "minimum" in schema:
        told.append(f"at least {schema['minimum']}")
    if "maxLength" in schema and "pattern" not in schema:
        told.append(f"at most {schema['maxLength']} characters")
    return ", ".join(told)
