"""A stream of server-sent events taken apart, as its standard has it.

WHATWG HTML, section 9.2.6, "Interpreting an event stream": the stream is UTF-8, one BOM is skipped,
and lines end at LF, CR or CRLF and nowhere else.
"""

import codecs
import io
from collections.abc import AsyncIterator
from typing import NamedTuple

MEDIA = "text/event-stream"


class Event(NamedTuple):
    """What stands between two blank lines. `id` is the position to go on from; without `data` it
    only moves the position."""

    id: str
    data: str


async def parse(chunks: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """Events of a stream, however its bytes are cut; comments (heartbeats) are dropped, and so is
    what the stream's end leaves without its blank line."""
    position, data, moved = "", list[str](), False
    async for line in lines(chunks):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "id" and "\0" not in value:
            position, moved = value, True
        elif name == "data":
            data.append(value)
        elif not line and (data or moved):
            yield Event(position, "\n".join(data))
            data, moved = [], False


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    """Whole lines, without their ends."""
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder("utf-8-sig")("replace"), translate=True
    )
    begun: list[str] = []
    async for chunk in chunks:
        first, *more = decoder.decode(chunk).split("\n")
        begun.append(first)
        for line in more:
            yield "".join(begun)
            begun = [line]
