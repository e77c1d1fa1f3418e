"""What a call looks like: a curl line and the answer to it."""

from html import escape
from typing import Any

import orjson

from headrace.serve.http.pages.html import element

Json = dict[str, Any]


def curl(path: str, method: str, operation: Json) -> str:
    """A command that works when pasted, given HEADRACE_URL and HEADRACE_API_KEY."""
    parameters = operation.get("parameters", [])
    for given in parameters:
        if given["in"] == "path":
            path = path.replace("{" + given["name"] + "}", given["example"])
    flag = "" if method == "get" else f" -X {method.upper()}"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if method == "post" and "example" in body:
        flag = ""
    lines = [f"curl{flag} $HEADRACE_URL{path}"]
    if operation.get("security") != []:
        lines.append('-H "Authorization: Bearer $HEADRACE_API_KEY"')
    lines += [
        f'-H "{given["name"]}: {given["example"]}"'
        for given in parameters
        if given["in"] == "header" and given["required"]
    ]
    if "example" in body:
        text = orjson.dumps(body["example"], option=orjson.OPT_INDENT_2).decode()
        lines += ['-H "Content-Type: application/json"', f"-d '{text}'"]
    told = escape(" \\\n  ".join(lines), quote=False)
    return element("pre", element("code", told))


def answer_example(operation: Json) -> tuple[str, Any]:
    """The first answer that has an example, and its status."""
    for status, response in operation["responses"].items():
        for media, content in response.get("content", {}).items():
            if "example" in content and media != "application/problem+json":
                return status, content.get("x-text", content["example"])
    return "", None
