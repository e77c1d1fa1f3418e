"""`headrace events`: what happened, as CloudEvents, in order per partition."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

from typer import Option

from headrace.cluster.cli.address import checked_header
from headrace.cluster.cli.command import Outcome, api_command, group
from headrace.cluster.cli.event_stream import MEDIA, Event, Heard, parse
from headrace.cluster.cli.failures import BadInput, NotWritten, Unreachable
from headrace.cluster.cli.output import safe_line
from headrace.cluster.cli.streams import say, write

if TYPE_CHECKING:
    from headrace.cluster.cli.client import Api

app = group("Events, read from the ledger itself.")


POSITION = "4f1c09abofOkurwOJKlBWL41l30trKp2ejX8DtFZ7nI"
"""As one may look."""
ATTEMPTS_MAX = 6
"""Connections tried in vain before `--no-follow` gives up."""


async def read(api: "Api", follow: bool, types: str | None, position: str) -> AsyncIterator[Event]:
    """Events after `position`; a lost connection is taken up again where it broke off."""
    from httpx import RequestError

    from headrace.cluster.cli.client import backoff_s, is_final, raise_for_problem
    from headrace.cluster.cli.connection import mistaken, named

    params = {"follow": "true" if follow else "false"} | (
        {"types": types} if types is not None else {}
    )
    attempt, heard = 0, Heard()
    while True:
        headers = {"Accept": MEDIA}
        if position:
            headers["Last-Event-ID"] = position
        try:
            async with api.stream("/v1/events", params, headers) as response:
                if is_final(response):
                    raise_for_problem(response)
                    attempt = 0
                    async for event in parse(response.aiter_bytes()):
                        position = event.id or position
                        if not heard.before(event):
                            yield event
                    if not follow:
                        return
                lost = f"{response.status_code} or end of stream"
        except RequestError as error:
            if wrong := mistaken(error, api.url):
                raise BadInput(wrong) from error
            lost = named(error)
        if not follow and attempt == ATTEMPTS_MAX:
            raise Unreachable(f"no events from {api.url} ({lost}); last position {position or '-'}")
        say(f"connection lost ({lost}), going on after {position or 'the start'}")
        await asyncio.sleep(backoff_s(attempt))
        attempt += 1


@api_command(
    app,
    "tail",
    "headrace events tail",
    "headrace events tail --types payment.declined,account.opened",
    "headrace events tail --no-follow --json | jq .type",
    f"headrace events tail --after {POSITION}",
)
async def tail(
    api: "Api",
    follow: Annotated[bool, Option(help="Wait for new events, or end at the last one.")] = True,
    types: Annotated[
        str | None, Option(help="Only these, separated by commas. Default: all.")
    ] = None,
    after: Annotated[
        str | None, Option(metavar="POSITION", help="Go on after this position, up to 30 days old.")
    ] = None,
) -> Outcome:
    """Print events, one JSON object a line. Ends with their number and the position reached."""
    position, count = checked_header(after, "--after") if after is not None else "", 0
    try:
        async for event in read(api, follow, types, position):
            if event.data:
                write(safe_line(event.data) + "\n", flush=follow)
                count += 1
            position = event.id or position
    except asyncio.CancelledError:  # Ctrl-C is how following ends
        say("")
    except NotWritten as failure:
        if failure.message:
            failure.message += f"; {count} events, up to {position or 'the start'}"
        raise
    return Outcome(
        {"events": count, "position": position},
        lambda: f"{count} events, up to {position or 'the start'}",
    )
