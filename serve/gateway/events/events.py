"""/v1/events: what happened, as server-sent events in the order of the ledger."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from msgspec import Meta, Struct

from headrace.runtime.events.event import Event, UnknownType, types_of
from headrace.runtime.events.position import Expired, InvalidPosition, OtherHistory
from headrace.runtime.events.telling import Start, Told
from headrace.runtime.identity.keys import Role
from headrace.runtime.json_lines import on_a_line
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.events.event_types import LISTED
from headrace.serve.gateway.events.example import EVENT, POSITION
from headrace.serve.gateway.events.problems import PROBLEMS
from headrace.serve.gateway.services import Services
from headrace.serve.http.problems import Problem
from headrace.serve.http.reply import Stream, encode
from headrace.serve.http.request import Request
from headrace.serve.http.route import Answer, Family

MEDIA = "text/event-stream"
RETRY_MS = 1_000


class EventQuery(Struct, forbid_unknown_fields=True):
    """Which events."""

    follow: Annotated[
        bool, Meta(description="Wait for new events; `false` ends at the newest.")
    ] = True
    types: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=1000,
            description="Only these, separated by commas: `payment.settled,account.opened`."
            " The types are listed under Events.",
        ),
    ] = ""
    after: Annotated[
        str,
        Meta(
            min_length=1, max_length=256, description="A position, where the header cannot be set."
        ),
    ] = ""


class ServerSentEvent(Struct):
    """One event of the stream. A block without `data` only moves the position."""

    id: Annotated[
        str,
        Meta(description="The position after it, opaque.", examples=[POSITION]),
    ]
    data: Annotated[
        str,
        Meta(
            description="A CloudEvent in JSON.",
            extra_json_schema={
                "contentMediaType": "application/json",
                "contentSchema": {"$ref": "#/components/schemas/Event"},
            },
        ),
    ]


FAMILY = Family(
    "Events",
    "Everything that happens is an event, read from the ledger itself: none is lost, and none comes"
    " before what it tells is durable.\n\n" + LISTED,
    rights={("read", "event"): Role.MEMBER},
    problems=PROBLEMS,
)


@FAMILY.route(
    "GET",
    "/v1/events",
    "Stream events",
    "Server-sent events, each a CloudEvent 1.0 in JSON. A payment's events come in their order; an"
    " event's `id:` is the position of the stream after it. Reconnect with it in `Last-Event-ID`"
    " within 30 days and the stream goes on from there; without it, it begins at the ledger's first"
    " record. An event can come twice: drop repeats by the CloudEvent's own `id`.",
    Answer(
        200,
        "The stream, event by event.",
        ServerSentEvent,
        {"id": POSITION, "data": EVENT},
        media=MEDIA,
        text=f"retry: {RETRY_MS}\n\nid: {POSITION}\ndata: {EVENT}\n",
    ),
    right=("read", "event"),
    query=EventQuery,
    refusals=(Refusal.OTHER_HISTORY, Refusal.POSITION_EXPIRED),
    schemas=(Event,),
)
async def stream_events(services: Services, request: Request) -> Stream:
    asked = request.query(EventQuery)
    try:
        types = types_of(asked.types.split(",")) if asked.types else None
    except UnknownType as unknown:
        detail = f"no events are {str(unknown)!r}"[:200]
        raise Problem(Refusal.INVALID_FIELD, detail, "types") from None
    streams = services.admission.streams
    streams.take()
    try:
        start = await _start(services, request, asked)
    except BaseException:
        streams.give()
        raise
    read = services.events.follow if asked.follow else services.events.until_now
    return Stream(_pieces(read(start, types)), MEDIA.encode(), streams.give)


async def _start(services: Services, request: Request, asked: EventQuery) -> Start:
    last = request.headers.get(b"last-event-id", b"").decode("latin-1")
    field = "Last-Event-ID" if last else "after"
    try:
        return await services.events.start(last or asked.after, _whose(request))
    except OtherHistory:
        raise Problem(Refusal.OTHER_HISTORY, field=field) from None
    except Expired:
        raise Problem(Refusal.POSITION_EXPIRED, field=field) from None
    except InvalidPosition:
        raise Problem(Refusal.INVALID_FIELD, "is not a position of this stream", field) from None


def _whose(request: Request) -> int | None:
    """A tenant's own; all of them for an operator that acts for none."""
    if request.caller and request.caller.role is Role.OPERATOR:
        return request.caller.tenant
    return request.tenant


async def _pieces(events: AsyncIterator[Told]) -> AsyncGenerator[bytes, None]:
    """Each event as the format has it. Where none came for a while, a comment keeps the connection
    alive and the position moves on all the same."""
    yield b"retry: %d\n\n" % RETRY_MS
    async for position, event in events:
        if event is None:
            yield b": so far\nid: %b\n\n" % position.encode()
        else:
            yield b"id: %b\ndata: %b\n\n" % (position.encode(), on_a_line(encode(event)))
