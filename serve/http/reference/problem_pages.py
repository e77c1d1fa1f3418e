"""/problems and /problems/<code>: what each problem means and what to do about it."""

from html import escape

import msgspec

import headrace
from headrace.runtime.refusals import RETRYABLE, Refusal
from headrace.serve.http.pages.frame import frame
from headrace.serve.http.pages.html import element, inline, json_code
from headrace.serve.http.problems import CODES, PROBLEMS, RETRY_AFTER_S, details


def by_code(code: str) -> int | None:
    """The refusal that is called so on the wire."""
    return next((refusal for refusal, known in CODES.items() if known == code), None)


def index() -> str:
    """All problems, in order of precedence."""
    rows = [
        element(
            "li",
            _status(refusal),
            element(
                "div",
                element("a", element("code", CODES[refusal]), href=f"/problems/{CODES[refusal]}"),
                element("p", inline(row.meaning)),
            ),
        )
        for refusal, row in PROBLEMS.items()
    ]
    main = element(
        "section",
        element("h1", "Problems"),
        element(
            "p",
            "Why a request is turned down. A refused request leaves no trace in the ledger, and its"
            " idempotency key is not used up. Where several apply, the first of this list is told.",
            class_="lead",
        ),
        element("ul", *rows, class_="answers problems"),
        class_="guide",
    )
    return frame("Problems · Headrace", _side(), main, headrace.__version__)


def page(refusal: int) -> str:
    """One problem."""
    row = PROBLEMS[refusal]
    again = "Yes, unchanged" if refusal in RETRYABLE else "Not unchanged"
    if refusal == Refusal.INTERNAL_ERROR:
        again = "Yes, with the same key"
    facts = [
        ("Status", str(row.status)),
        ("Code", CODES[refusal]),
        ("Can a repetition help?", again),
    ]
    if refusal in RETRY_AFTER_S:
        facts.append(("Retry-After", f"{RETRY_AFTER_S[refusal]} s"))
    main = element(
        "section",
        element("p", element("a", "Problems", href="/problems"), class_="crumb"),
        element("h1", escape(row.title)),
        element("p", inline(row.meaning), class_="lead"),
        element("h2", "What to do"),
        element("p", inline(row.remedy)),
        element(
            "dl",
            *(element("dt", escape(k)) + element("dd", escape(v)) for k, v in facts),
            class_="facts",
        ),
        element("h2", "As it is answered"),
        json_code(msgspec.to_builtins(details(refusal))),
        class_="guide",
    )
    return frame(f"{row.title} · Headrace", _side(refusal), main, headrace.__version__)


def _status(refusal: int) -> str:
    status = str(PROBLEMS[refusal].status)
    return element("span", status, class_="status s" + status[0])


def _side(here: int | None = None) -> str:
    links = [
        element(
            "li",
            element(
                "a",
                element("code", CODES[refusal]),
                href=f"/problems/{CODES[refusal]}",
                aria_current="page" if refusal == here else "",
            ),
        )
        for refusal in PROBLEMS
    ]
    return element("h2", element("a", "Problems", href="/problems")) + element("ul", *links)
