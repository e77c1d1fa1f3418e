"""`headrace events`: what happened, as CloudEvents, in order per partition."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, NamedTuple

from typer import Option

from headrace.cluster.cli.command import Outcome, api_command, group, say
from headrace.cluster.cli.failures import Unreachable

if TYPE_CHECKING:
    from headrace.cluster.cli.client import Api

app = group("Events, read from the ledger itself.")


ATTEMPTS_MAX = 6
"""Connections tried in vain before `--no-follow` gives up."""


class Event(NamedTuple):
    """One server-sent event; `id` is the position to go on from."""

    id: str
    data: str


async def parse(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    """Events of a text/event-stream; comments (heartbeats) are dropped."""
    position, data = "", []
    async for line in lines:
        if line.startswith("id:"):
            position = line[3:].removeprefix(" ")
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield Event(position, "\n".join(data))
            data = []


async def read(api: "Api", follow: bool, types: str | None, position: str) -> AsyncIterator[Event]:
    """Events after `position`; a lost connection is taken up again where it broke off."""
    from httpx import TransportError

    from headrace.cluster.cli.client import backoff_s, is_final, raise_for_problem

    params = {"follow": "true" if follow else "false"} | ({"types": types} if types else {})
    attempt = 0
    while True:
        headers = {"Accept": "text/event-stream"}
        if position:
            headers["Last-Event-ID"] = position
        try:
            async with api.stream("/v1/events", params, headers) as response:
                if is_final(response):
                    raise_for_problem(response)
                    attempt = 0
                    async for event in parse(response.aiter_lines()):
                        position = event.id or position
                        yield event
                    if not follow:
                        return
                lost = f"{response.status_code} or end of stream"
        except TransportError as error:
            lost = type(error).__name__
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
    "headrace events tail --after 0:1187,1:940",
)
async def tail(
    api: "Api",
    follow: Annotated[bool, Option(help="Wait for new events, or end at the last one.")] = True,
    types: Annotated[
        str | None, Option(help="Only these, separated by commas. Default: all.")
    ] = None,
    after: Annotated[
        str | None, Option(metavar="POSITION", help="Go on after this position: 0:1187,1:940.")
    ] = None,
) -> Outcome:
    """Print events, one JSON object a line. Ends with their number and the position reached."""
    position, count = after or "", 0
    try:
        async for event in read(api, follow, types, position):
            print(event.data, flush=follow)
            position, count = event.id or position, count + 1
    except asyncio.CancelledError:  # Ctrl-C is how following ends
        say("")
    return Outcome(
        {"events": count, "position": position},
        lambda: f"[dim]{count} events, up to {position or 'the start'}[/dim]",
    )
