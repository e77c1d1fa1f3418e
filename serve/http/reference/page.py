"""/docs: the API document as one readable page. No script; one style sheet of our own."""

from html import escape
from typing import Any

from headrace.serve.http.pages.frame import frame
from headrace.serve.http.pages.html import anchor, element, headings, inline, json_code, prose
from headrace.serve.http.reference.example import answer_example, curl
from headrace.serve.http.reference.fields_table import Schemas, row, table

Json = dict[str, Any]
PROBLEM = "application/problem+json"


def page(document: Json) -> str:
    """The whole page."""
    schemas = Schemas(document)
    operations = [
        (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    guide = document["info"]["description"]
    sections = [
        element(
            "section",
            element("h1", "Headrace API"),
            element("p", escape(document["info"]["summary"]), class_="lead"),
            prose(guide),
            class_="guide",
        )
    ]
    sections += [_family(tag, operations, schemas) for tag in document["tags"]]
    return frame(
        "Headrace API reference",
        _side(document["tags"], operations, guide),
        "".join(sections),
        document["info"]["version"],
    )


def _side(tags: list[Json], operations: list[tuple[str, str, Json]], guide: str) -> str:
    blocks = [
        element("h2", "Guide")
        + element(
            "ul",
            *(
                element("li", element("a", escape(title), href="#" + anchor(title)))
                for title in headings(guide)
            ),
        )
    ]
    for tag in tags:
        links = [
            element(
                "li",
                element(
                    "a",
                    element("span", _short(method), class_=f"verb {method}"),
                    escape(operation["summary"]),
                    href="#" + operation["operationId"],
                ),
            )
            for _, method, operation in operations
            if tag["name"] in operation["tags"]
        ]
        blocks.append(
            element("h2", element("a", escape(tag["name"]), href="#" + anchor(tag["name"])))
            + element("ul", *links)
        )
    return "".join(blocks)


def _short(method: str) -> str:
    return {"delete": "del", "patch": "patch"}.get(method, method).upper()


def _family(tag: Json, operations: list[tuple[str, str, Json]], schemas: Schemas) -> str:
    name = tag["name"]
    return element(
        "section",
        element("h2", escape(name), id=anchor(name)),
        prose(tag["description"]),
        *(
            _operation(path, method, operation, schemas)
            for path, method, operation in operations
            if name in operation["tags"]
        ),
        class_="family",
    )


def _operation(path: str, method: str, operation: Json, schemas: Schemas) -> str:
    told = [
        element(
            "h3", element("a", escape(operation["summary"]), href="#" + operation["operationId"])
        ),
        element(
            "p",
            element("span", method.upper(), class_=f"verb {method}"),
            element("code", _path(path)),
            class_="address",
        ),
        prose(operation["description"]),
        _parameters(operation, schemas),
        _asked(operation, schemas),
        _answers(operation, schemas),
    ]
    shown = element("h4", "Request") + curl(path, method, operation)
    status, example = answer_example(operation)
    if example is not None:
        shown += element("h4", f"Answer {status}") + (
            json_code(example) if not isinstance(example, str) else _text(example)
        )
    return element(
        "article",
        element("div", *told, class_="told"),
        element("div", shown, class_="shown"),
        id=operation["operationId"],
        class_="operation",
    )


def _path(path: str) -> str:
    told = escape(path)
    return told.replace("{", '<span class="part">{').replace("}", "}</span>")


def _text(example: str) -> str:
    return element("pre", element("code", escape(example, quote=False)))


def _parameters(operation: Json, schemas: Schemas) -> str:
    out = ""
    for part, title in (("path", "In the path"), ("query", "Query"), ("header", "Headers")):
        rows = [
            row(schemas, given["name"], given["schema"], given["description"], given["required"])
            for given in operation.get("parameters", [])
            if given["in"] == part and given["name"] not in ("traceparent", "Headrace-Tenant")
        ]
        if rows:
            out += element("h4", title) + element("dl", *rows, class_="fields")
    return out


def _asked(operation: Json, schemas: Schemas) -> str:
    if "requestBody" not in operation:
        return ""
    content = operation["requestBody"]["content"]
    title = "Body" if len(content) == 1 else "Body: JSON, or NDJSON with one item a line"
    return element("h4", title) + table(schemas, content["application/json"]["schema"], asked=True)


def _answers(operation: Json, schemas: Schemas) -> str:
    out = []
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        number = element("span", status, class_="status s" + status[0])
        if PROBLEM in content:
            codes = " ".join(
                element("a", element("code", code), href=f"/problems/{code}")
                for code in content[PROBLEM]["examples"]
            )
            out.append(element("li", number, element("span", codes, class_="codes")))
            continue
        schema = next((kind["schema"] for kind in content.values()), None)
        fields = table(schemas, schema, asked=False) if schema else ""
        says = element("span", inline(response["description"]))
        if fields:
            fields = element("details", element("summary", "fields of the answer"), fields)
        out.append(element("li", number, element("div", says, fields)))
    return element("h4", "Answers") + element("ul", *out, class_="answers")
