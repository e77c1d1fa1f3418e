"""HTML as text: elements, a few marks of Markdown, coloured JSON. Everything given is escaped."""

import re
from html import escape

import orjson

_MARKS = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\((/[^)\s]*|#[^)\s]*)\)")
_TOKENS = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<word>true|false|null)"
)


def element(name: str, *inner: str, **attributes: str) -> str:
    """`inner` is HTML already; `class_` and `for_` are spelled with an underscore."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value
    )
    return f"<{name}{told}>{''.join(inner)}</{name}>"


def inline(text: str) -> str:
    """A line's `code`, **strong** and [links](/within) in HTML."""
    out, at = [], 0
    for mark in _MARKS.finditer(text):
        out.append(escape(text[at : mark.start()], quote=False))
        code, strong, label, target = mark.groups()
        if code is not None:
            out.append(element("code", escape(code, quote=False)))
        elif strong is not None:
            out.append(element("strong", escape(strong, quote=False)))
        else:
            out.append(element("a", escape(label, quote=False), href=target))
        at = mark.end()
    return "".join(out) + escape(text[at:], quote=False)


def prose(text: str) -> str:
    """Paragraphs, `## ` headings (with an anchor), `- ` lists and fenced code."""
    out: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("```"):
            lines = block.split("\n")
            out.append(code("\n".join(lines[1:-1])))
        elif block.startswith("## "):
            title = block[3:].strip()
            out.append(element("h2", inline(title), id=anchor(title)))
        elif block.startswith("- "):
            items = re.split(r"\n- ", block[2:])
            out.append(element("ul", *(element("li", inline(_joined(item))) for item in items)))
        else:
            out.append(element("p", inline(_joined(block))))
    return "".join(out)


def headings(text: str) -> list[str]:
    """The `## ` headings of a text."""
    return re.findall(r"^## (.+)$", text, re.MULTILINE)


def anchor(title: str) -> str:
    """A heading as part of an address."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def code(text: str) -> str:
    """Preformatted text."""
    return element("pre", element("code", escape(text, quote=False)))


def json_code(value: object) -> str:
    """A value as indented JSON, its kinds of token told apart."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    out, at = [], 0
    for token in _TOKENS.finditer(text):
        out.append(escape(text[at : token.start()], quote=False))
        kind = token.lastgroup or ""
        out.append(element("span", escape(token[0], quote=False), class_=f"j-{kind}"))
        at = token.end()
    out.append(escape(text[at:], quote=False))
    return element("pre", element("code", *out))


def _joined(block: str) -> str:
    return " ".join(line.strip() for line in block.split("\n"))
