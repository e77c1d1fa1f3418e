"""A stream of server-sent events taken apart, as its standard has it.

WHATWG HTML, sections 9.2.5 and 9.2.6: the stream is UTF-8, one BOM is skipped,
and lines end at LF, CR or CRLF and nowhere else.
"""

import codecs
import json
import re
from collections.abc import AsyncIterator
from typing import NamedTuple

MEDIA = "text/event-stream"

_LINE_END = re.compile(r"\r\n|[\r\n]")


class Event(NamedTuple):
    """What stands between two blank lines. `id` is the position to go on from; without `data` it
    only moves the position."""

    id: str
    data: str


class Heard:
    """The events of late, by their ids: a stream that is taken up again may repeat some."""

    def __init__(self, kept_max: int = 10_000) -> None:
        self._kept_max = kept_max
        self._ids: dict[str, None] = {}

    def before(self, event: Event) -> bool:
        """Whether it was heard already; what has no id never was."""
        id = _id_of(event)
        if id is None or id in self._ids:
            return id is not None
        self._ids[id] = None
        if len(self._ids) > self._kept_max:
            del self._ids[next(iter(self._ids))]
        return False


def _id_of(event: Event) -> str | None:
    try:
        told = json.loads(event.data)
    except ValueError:
        return None
    id = told.get("id") if isinstance(told, dict) else None
    return id if isinstance(id, str) else None


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
    """Whole lines, without their ends, as soon as they have ended."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    begun: list[str] = []
    after_cr = False
    async for chunk in chunks:
        text = decoder.decode(chunk)
        if not text:
            continue
        if after_cr:
            text = text.removeprefix("\n")
        after_cr = text.endswith("\r")
        first, *more = _LINE_END.split(text)
        begun.append(first)
        for line in more:
            yield "".join(begun)
            begun = [line]
