"""/openapi.json, /docs and /problems: what the platform says about itself, without a key."""

from collections.abc import Sequence
from functools import cached_property

import orjson

from headrace.runtime.payments.refusals import Refusal
from headrace.serve.gateway.services import Platform
from headrace.serve.http.pages import frame
from headrace.serve.http.problems import Problem
from headrace.serve.http.reference import page, problem_pages
from headrace.serve.http.reference.openapi import document
from headrace.serve.http.reply import JSON, Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family

_CACHED = (b"cache-control", b"max-age=300")


class Reference:
    """The document about some families of routes, and its page; made when first asked for."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    @cached_property
    def openapi(self) -> bytes:
        """The document."""
        return orjson.dumps(document(self._families))

    @cached_property
    def docs(self) -> str:
        """The page."""
        return page.page(document(self._families))


def pages(families: Sequence[Family]) -> Family:
    """Routes that tell about others; the document leaves them out."""
    reference = Reference(families)
    family = Family("Reference", "")
    shown = Answer(200, "The page.", str, media="text/html")

    @family.route("GET", "/openapi.json", "The OpenAPI document", "", shown, role=None)
    async def openapi_document(platform: Platform, request: Request) -> Reply:
        return Reply(200, reference.openapi, [(b"content-type", JSON), _CACHED])

    @family.route("GET", "/docs", "The reference", "", shown, role=None)
    async def docs(platform: Platform, request: Request) -> Reply:
        return frame.html(reference.docs)

    @family.route("GET", "/docs/style.css", "The style sheet", "", shown, role=None)
    async def docs_style(platform: Platform, request: Request) -> Reply:
        return frame.style()

    @family.route("GET", "/problems", "All problems", "", shown, role=None)
    async def problems_index(platform: Platform, request: Request) -> Reply:
        return frame.html(problem_pages.index())

    @family.route("GET", "/problems/{code}", "A problem", "", shown, role=None)
    async def problem_page(platform: Platform, request: Request) -> Reply:
        refusal = problem_pages.BY_CODE.get(request.params["code"])
        if refusal is None:
            raise Problem(Refusal.NOT_FOUND, "there is no such problem")
        return frame.html(problem_pages.page(refusal))

    return family
