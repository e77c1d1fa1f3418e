"""What the gateway serves: each route with its handler and all that the API document says of it."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from msgspec import Struct

from headrace.runtime.identity.keys import Role
from headrace.runtime.payments.refusals import Refusal
from headrace.serve.gateway.services import Platform
from headrace.serve.http.reply import Reply, Stream
from headrace.serve.http.request import Request

Handler = Callable[[Platform, Request], Awaitable[Reply | Stream]]
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
    role: Role | None = Role.MEMBER
    """The least that the caller must be; None: no key asked for."""
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
    refusals: tuple[Refusal, ...] = ()
    """Beside those that follow from the rest."""

    def all_refusals(self) -> list[Refusal]:
        """Every problem that the route can answer, in order of precedence."""
        found = {R.INTERNAL_ERROR, *self.refusals}
        if self.role is not None:
            found |= {R.UNAUTHENTICATED, R.KEY_EXPIRED, R.FORBIDDEN, R.OVERLOADED, R.UNAVAILABLE}
        if self.body is not None:
            found |= {
                R.UNSUPPORTED_MEDIA_TYPE, R.BODY_TOO_LARGE, R.BODY_TIMED_OUT, R.MALFORMED_JSON,
                R.INVALID_FIELD,
            }  # fmt: skip
        if self.query is not None or self.batch_keyed:
            found.add(R.INVALID_FIELD)
        if self.keyed:
            found |= {R.IDEMPOTENCY_KEY_MISSING, R.INVALID_FIELD, R.KEY_REUSED}
        return sorted(found)


class Family:
    """The routes of one subject, gathered as their handlers are defined."""

    def __init__(self, tag: str, says: str) -> None:
        self.tag = tag
        self.says = says
        self.routes: list[Route] = []

    def route(
        self, method: str, path: str, summary: str, says: str, *answers: Answer, **more: Any
    ) -> Callable[[Handler], Handler]:
        """Makes the decorated handler the route's; `more`: fields of Route."""

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
                    **more,
                )
            )
            return handler

        return add
