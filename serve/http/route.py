"""What a door serves: each route with its handler and all that the API document says of it."""

from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from types import ModuleType
from typing import Any, NamedTuple

from msgspec import Struct

from headrace.runtime.identity.keys import Role
from headrace.runtime.refusals import Refusal
from headrace.serve.http.caller import Caller, Right, Rights, require
from headrace.serve.http.problem_type import ProblemType
from headrace.serve.http.reply import Reply, Stream
from headrace.serve.http.request import Request

Handler = Callable[[Any, Request], Awaitable[Reply | Stream]]
"""Its first argument is what the server's handlers work with (`Server.opened`)."""
Json = dict[str, Any]
R = Refusal


class Answer(NamedTuple):
    """One way in which a route answers well. `body` is a type, None for an empty answer."""

    status: int
    says: str
    body: Any = None
    example: Any = None
    media: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    """Names, and what they say."""
    text: str = ""
    """The example as it comes over the wire, where that is no JSON."""


class Route(Struct, frozen=True, kw_only=True):
    """One method of one path."""

    method: str
    path: str
    handler: Handler
    tag: str
    summary: str
    says: str
    answers: tuple[Answer, ...]
    action: str
    resource: str
    """The kind of what the action is done to."""
    least: Role | None
    """The rank that this right takes; None: nobody is asked who they are."""
    body: Any = None
    body_example: Any = None
    body_required: bool = True
    ndjson: Any = None
    """What a line is, where a body may also be NDJSON."""
    query: type[Struct] | None = None
    keyed: bool = False
    """Idempotency-Key is required."""
    batch_keyed: bool = False
    """Idempotency-Key is optional and names a batch."""
    prefer: bool = False
    """`Prefer: wait=N` is understood."""
    schemas: tuple[type[Struct], ...] = ()
    """Told in the document though no body is one of them."""
    refusals: tuple[IntEnum, ...] = ()
    """Beside those that follow from the rest."""

    def all_refusals(self) -> list[IntEnum]:
        """Every problem that the route can answer, in order of precedence."""
        found: set[IntEnum] = {R.INTERNAL_ERROR, R.NAME_REPEATED, *self.refusals}
        if self.least is not None:
            found |= {R.UNAUTHENTICATED, R.KEY_EXPIRED, R.FORBIDDEN, R.OVERLOADED, R.UNAVAILABLE}
        if self.body is not None:
            found |= {
                R.UNSUPPORTED_MEDIA_TYPE, R.BODY_TOO_LARGE, R.BODY_TIMED_OUT, R.MALFORMED_JSON,
                R.INVALID_FIELD,
            }  # fmt: skip
        if self.query is not None or self.batch_keyed:
            found.add(R.INVALID_FIELD)
        if self.query is not None and "cursor" in self.query.__struct_fields__:
            found.add(R.OTHER_HISTORY)
        if self.keyed:
            found |= {R.IDEMPOTENCY_KEY_MISSING, R.INVALID_FIELD, R.KEY_REUSED}
        return sorted(found)


class PathParameter(NamedTuple):
    """A part of a path as the document tells it."""

    says: str
    schema: Json
    example: str


class Family:
    """The routes of one subject, gathered as their handlers are defined, and what they share."""

    def __init__(
        self,
        tag: str,
        says: str,
        *,
        rights: Rights,
        problems: Mapping[IntEnum, ProblemType] | None = None,
        parameters: Mapping[str, PathParameter] | None = None,
        words: Mapping[str, dict[str, Json]] | None = None,
        names: Mapping[str, str] | None = None,
        lists: Mapping[str, Json] | None = None,
        told: bool = True,
    ) -> None:
        """`rights` has a row for every action and kind of resource that a route names. `problems`
        are what the area declared, `parameters` the parts of its paths by name, `words` what the
        document adds to the fields of its schemas, `names` what it calls schemas otherwise than the
        code, `lists` the lists of values that are schemas of their own; `told`: whether the
        document has the family at all."""
        self.tag = tag
        self.says = says
        self.rights = rights
        self.problems = problems or {}
        self.parameters = parameters or {}
        self.words = words or {}
        self.names = names or {}
        self.lists = lists or {}
        self.told = told
        self.routes: list[Route] = []

    def route(
        self,
        method: str,
        path: str,
        summary: str,
        says: str,
        *answers: Answer,
        right: Right,
        **more: Any,
    ) -> Callable[[Handler], Handler]:
        """Makes the decorated handler the route's; `right`: its action and kind of resource;
        `more`: fields of Route."""
        if right not in self.rights:
            raise ValueError(f"no row says who may {' '.join(right)}: {method} {path}")
        action, resource = right

        def add(handler: Handler) -> Handler:
            self.routes.append(
                Route(
                    method=method,
                    path=path,
                    handler=handler,
                    tag=self.tag,
                    summary=summary,
                    says=says,
                    answers=answers,
                    action=action,
                    resource=resource,
                    least=self.rights[right],
                    **more,
                )
            )
            return handler

        return add

    def require(self, caller: Caller | None, action: str, resource: str) -> None:
        """Of what a route does beside its own action; raises Problem(FORBIDDEN)."""
        least = self.rights[action, resource]
        if caller is not None and least is not None:
            require(caller, least)


def of_modules(*modules: ModuleType) -> tuple[Family, ...]:
    """The families that the routes of these modules belong to (each module's `FAMILY`), in the
    modules' order, and so the routes of each."""
    families = tuple(dict.fromkeys(module.FAMILY for module in modules))
    order = {module.__name__: index for index, module in enumerate(modules)}
    for family in families:
        family.routes.sort(key=lambda route: order[route.handler.__module__])
    return families
