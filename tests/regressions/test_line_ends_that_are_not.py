"""Line ends that aren't: what stands on a line is one line to every reader of lines.

The SSE specification (WHATWG HTML 9.2.6) ends lines at LF, CR and CRLF, and so do curl and NDJSON.
Python's `str.splitlines`, and with it httpx and requests, also ends them at VT, FF, FS, GS, RS,
U+0085, U+2028 and U+2029; JavaScript's regular expressions at the last two. An event whose
description held one was cut in two and lost.

| door | input | found or clean |
|---|---|---|
| `GET /v1/events`, `data:` | U+0085, U+2028, U+2029 in any text of a client's | found: lost |
| the same | VT, FF, FS, GS, RS, NUL in metadata | clean: JSON escapes what is below U+0020 |
| the same | CR, LF, CRLF and a forged `data:` after them | clean: JSON escapes them |
| the same, `id:` | positions | clean: ASCII |
| logs, a JSON object a line | U+2028 in an error's text | found: two lines |
| statement as CSV | U+2028 in a description | clean: RFC 4180 ends rows at CRLF |
"""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from headrace.cluster.cli import events as cli
from headrace.runtime import logs
from headrace.runtime.events.event import Event
from headrace.runtime.events.stream import Told
from headrace.serve.gateway.events.events import _pieces

ENDS = ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
"""At which some reader of lines ends one."""
CONTROLS = [chr(c) for c in (*range(0x20), *range(0x7F, 0xA0))]
FORGED = ["\n\n", "\ndata: {}", "\rid: 9", "\u2028data: {}", ": so far", "\ufeff", "\\u2028", "\\"]
texts = st.lists(
    st.sampled_from([*ENDS, *CONTROLS, *FORGED]) | st.text(max_size=3), max_size=8
).map("".join)


def event(description: str, metadata: dict[str, str]) -> Event:
    return Event(
        specversion="1.0", id="1", source="/v1/events", type="com.headrace.payment.settled",
        subject="p", time="2026-01-01T00:00:00Z", datacontenttype="application/json",
        tenant="acme", data={"description": description, "metadata": metadata},
    )  # fmt: skip


async def _told(events: Iterable[Event]) -> AsyncIterator[Told]:
    for number, one in enumerate(events):
        yield Told(f"position-{number}", one)
    yield Told("the-end", None)


async def _gathered(events: Iterable[Event]) -> bytes:
    return b"".join([piece async for piece in _pieces(_told(events))])


def on_the_wire(events: Iterable[Event]) -> bytes:
    return asyncio.run(_gathered(events))


def as_specified(stream: bytes) -> list[Any]:
    """Fields of blocks by the specification's own grammar."""
    found, data = [], []
    for line in re.split("\r\n|\r|\n", stream.decode()):
        if not line and data:
            found.append(json.loads("\n".join(data)))
            data = []
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        else:
            assert not line or re.match("(id|retry)?:", line), line
    return found


def by_any_line_end(stream: bytes) -> list[Any]:
    """As whoever splits at all that Unicode calls a line's end."""
    lines = stream.decode().splitlines()
    return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]


def by_our_command_line(stream: bytes) -> list[Any]:
    async def read() -> list[Any]:
        chunks = httpx.Response(200, content=stream).aiter_bytes(7)
        return [json.loads(told.data) async for told in cli.parse(chunks) if told.data]

    return asyncio.run(read())


READERS = [as_specified, by_any_line_end, by_our_command_line]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("end", [*ENDS, *CONTROLS, *FORGED], ids=ascii)
def test_an_event_is_whole_to_every_reader(read: Any, end: str) -> None:
    told = event(f"a{end}b", {f"k{end}": end})
    assert [one["data"] for one in read(on_the_wire([told, told]))] == [told.data] * 2


@given(st.lists(st.builds(event, texts, st.dictionaries(texts, texts, max_size=2)), max_size=3))
def test_any_text_comes_as_it_was_sent(events: list[Event]) -> None:
    stream = on_the_wire(events)
    for read in READERS:
        assert [one["data"] for one in read(stream)] == [one.data for one in events]


@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_a_log_line_is_one_line(end: str) -> None:
    out = io.BytesIO()
    logs.configure("INFO", "tests", out)
    try:
        structlog.get_logger("lines").warning("failed", error=f"a{end}b")
    finally:
        structlog.reset_defaults()
    (line,) = out.getvalue().decode().splitlines()
    assert json.loads(line)["error"] == f"a{end}b"
