"""What every page for people shares: head, top bar, side bar, style sheet and security headers.

This folder is where pages are made: functions that put elements together (pages.html), which
escape what they are given. What pages load is in the folder static.
"""

from html import escape
from pathlib import Path

from headrace.serve.http.pages.html import element
from headrace.serve.http.reply import Reply
from headrace.serve.http.static import PRIVATE, Static

STATIC = Static(Path(__file__).parent / "static", "/static/")
SECURITY = [
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none';"
        b" frame-ancestors 'none'",
    ),
    *PRIVATE,
]
_MARK = (
    '<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">'
    '<path d="M2 7c4 0 4 3 8 3s4-3 8-3 3 1 4 2"/>'
    '<path d="M2 12c4 0 4 3 8 3s4-3 8-3 3 1 4 2"/>'
    '<path d="M2 17c4 0 4 3 8 3s4-3 8-3 3 1 4 2"/></svg>'
)


def frame(title: str, side: str, main: str, version: str) -> str:
    """A whole document around a side bar and a main part, both HTML."""
    links = (("/docs", "Reference"), ("/problems", "Problems"), ("/openapi.json", "OpenAPI"))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title>"
        f'<link rel="stylesheet" href="{STATIC.address("style.css")}"></head><body>'
        + element("a", "Skip to the text", href="#main", class_="skip")
        + element(
            "header",
            element("a", _MARK, "Headrace", href="/docs", class_="brand"),
            element("span", escape(version), class_="version"),
            element("nav", *(element("a", label, href=to) for to, label in links)),
            class_="top",
        )
        + element(
            "div",
            element("nav", side, class_="side", aria_label="Contents"),
            element("main", main, id="main"),
            class_="frame",
        )
        + "</body></html>"
    )


def html(text: str, status: int = 200) -> Reply:
    """A page, allowed to load nothing but our style sheet."""
    headers = [(b"content-type", b"text/html; charset=utf-8"), *SECURITY]
    return Reply(status, text.encode(), headers)
