"""/openapi.json, /docs and /problems: what the platform says about itself, without a key."""

from functools import lru_cache
from pathlib import Path

from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.services import Services
from headrace.serve.http.door import Door
from headrace.serve.http.pages import frame
from headrace.serve.http.problems import Problem
from headrace.serve.http.reference import problem_pages
from headrace.serve.http.reference.reference import Reference
from headrace.serve.http.reply import JSON, Reply
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family, PathParameter

GUIDE = Path(__file__).with_name("guide.md")
_CACHED = (b"cache-control", b"max-age=300")
_SHOWN = Answer(200, "The page.", str, media="text/html")

FAMILY = Family(
    "Reference",
    "",
    rights={("read", "reference"): None},
    parameters={"code": PathParameter("The problem's code.", {"type": "string"}, "key_reused")},
    told=False,
)


@lru_cache(maxsize=4)
def reference(doors: tuple[Door, ...]) -> Reference:
    """What these doors say about themselves."""
    return Reference(doors, GUIDE.read_text())


@FAMILY.route(
    "GET", "/openapi.json", "The OpenAPI document", "", _SHOWN, right=("read", "reference")
)
async def openapi_document(services: Services, request: Request) -> Reply:
    body = reference(services.doors).openapi
    return Reply(200, body, [(b"content-type", JSON), _CACHED])


@FAMILY.route("GET", "/docs", "The reference", "", _SHOWN, right=("read", "reference"))
async def docs(services: Services, request: Request) -> Reply:
    return frame.html(reference(services.doors).docs)


@FAMILY.route("GET", "/static/{file}", "What pages load", "", _SHOWN, right=("read", "reference"))
async def static(services: Services, request: Request) -> Reply:
    return frame.STATIC.reply(request.params["file"])


@FAMILY.route("GET", "/problems", "All problems", "", _SHOWN, right=("read", "reference"))
async def problems_index(services: Services, request: Request) -> Reply:
    return frame.html(problem_pages.index())


@FAMILY.route("GET", "/problems/{code}", "A problem", "", _SHOWN, right=("read", "reference"))
async def problem_page(services: Services, request: Request) -> Reply:
    refusal = problem_pages.by_code(request.params["code"])
    if refusal is None:
        raise Problem(Refusal.NOT_FOUND, "there is no such problem")
    return frame.html(problem_pages.page(refusal))
