"""Lines of the event stream ended at characters that end none: U+2028 in a description cut its
event in two, and `headrace events tail` dropped it, with exit code 0.

Lines end at LF, CR and CRLF (WHATWG HTML, section 9.2.5). httpx's `aiter_lines` and
`str.splitlines` end them at eight more.

| reader                               | input                              |                     |
|--------------------------------------|------------------------------------|---------------------|
| events tail                          | U+0085, U+2028, U+2029 in an event | found: lost         |
| events tail, what it prints          | the same                           | found: a line is two |
| events tail: position                | a block that only moves it         | found: stayed       |
| events tail                          | CR, CRLF, BOM, cut in a character  | clean, found (BOM)  |
| events tail                          | `data` alone, NUL in `id`          | found               |
| loadtests/chaos: its consumer        | U+0085, U+2028, U+2029             | found: JSON cut     |
| loadtests/books: its reader          | the same                           | found: JSON cut     |
| `--json` of any command              | the same in any text               | found: a line is two |
| up: postmaster.pid, which has a path | U+0085 in --data-dir               | found: not ready    |
| loadtests' reading of `--json`, logs | bytes, which end at LF, CR, CRLF   | clean               |
"""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.canned_api import Canned, served
from typer.testing import CliRunner

from headrace.cluster.cli.event_stream import Event, parse
from headrace.cluster.cli.main import app
from headrace.cluster.cli.output import json_line
from headrace.cluster.local.postmaster import LOCK_FILE, is_ready
from headrace.loadtests.books import stream
from headrace.loadtests.books.api import Told
from headrace.loadtests.chaos.listener import Listener

NO_LINE_ENDS = ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"]
"""Which `str.splitlines` takes for ends of lines."""


def event(seq: int, text: str) -> dict[str, Any]:
    return {
        "id": f"0:{seq}", "type": "com.headrace.payment.settled", "subject": f"p{seq}",
        "time": "2026-01-01T00:00:00Z", "data": {"description": text},
    }  # fmt: skip


def block(told: dict[str, Any]) -> str:
    """As a server may write it that escapes no more than JSON asks for."""
    return f"id: {told['id']}\ndata: {json.dumps(told, ensure_ascii=False)}\n\n"


EVENTS = [event(seq, f"a{character}b") for seq, character in enumerate(NO_LINE_ENDS, 1)]
STREAM = "".join(map(block, EVENTS))


@pytest.fixture(scope="module")
def api() -> Iterator[Canned]:
    with served({"GET /v1/events": f"\ufeff{STREAM}: so far\nid: 0:99\n\n".encode()}) as canned:
        yield canned


async def taken_apart(content: bytes, size: int = 1_000_000) -> list[Event]:
    async def chunks() -> AsyncIterator[bytes]:
        for i in range(0, len(content), size):
            yield content[i : i + size]

    return [event async for event in parse(chunks())]


def test_tail_prints_each_event_on_one_line_and_loses_none(api: Canned) -> None:
    variables = {"HEADRACE_URL": api.url, "HEADRACE_API_KEY": "hr_x"}
    done = CliRunner().invoke(app, ["events", "tail", "--no-follow", "--json"], env=variables)
    assert done.exit_code == 0
    *told, end = [json.loads(line) for line in done.stdout.splitlines()]
    assert told == EVENTS
    assert end == {"events": len(EVENTS), "position": "0:99"}


async def test_the_consumer_under_chaos_hears_all(api: Canned) -> None:
    async with httpx.AsyncClient(base_url=api.url) as http:
        heard = await Listener(http).all()
    assert [event.payment for event in heard] == [event["subject"] for event in EVENTS]


async def test_the_books_reader_hears_all() -> None:
    class Answering:
        async def get(self, *_: object, **__: object) -> Told:
            return Told(200, STREAM, {})

    events, positions = await stream.read(Answering())  # type: ignore[arg-type]  # all that it asks for
    assert events == EVENTS
    assert positions == [event["id"] for event in EVENTS]


@given(
    st.lists(st.text(), min_size=1, max_size=4),
    st.sampled_from(["\n", "\r", "\r\n"]),
    st.integers(1, 9),
    st.booleans(),
)
async def test_any_text_comes_through_however_the_bytes_are_cut(
    texts: list[str], end: str, size: int, bom: bool
) -> None:
    told = [event(seq, text) for seq, text in enumerate(texts, 1)]
    content = "\ufeff" * bom + "".join(map(block, told)).replace("\n", end)
    heard = await taken_apart(content.encode("utf-8", "replace"), size)
    assert [json.loads(one.data) for one in heard] == json.loads(
        json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    )


@pytest.mark.parametrize(
    ("content", "heard"),
    [
        ("id: 1\ndata: {}\n\n", [("1", "{}")]),
        ("id:1\ndata:{\ndata:}\n\n", [("1", "{\n}")]),
        ("data\n\n", [("", "")]),
        ("data\ndata\n\n", [("", "\n")]),
        ("id: 1\ndata: a\n\ndata: b\n\n", [("1", "a"), ("1", "b")]),
        ("id: 1\n\ndata: b\n\n", [("1", ""), ("1", "b")]),
        ("id: 1\nid\ndata: a\n\n", [("", "a")]),
        ("id: 1\x002\ndata: a\n\n", [("", "a")]),
        (": x\n\n:\n\nevent: x\nretry: 5\n\n", []),
        ("data:  a\n\n", [("", " a")]),
        ("datax: a\n\nx data: a\n\n", []),
        ("data: a", []),
        ("data: a\n", []),
        ("data: a\r\r", [("", "a")]),
        ("data: a\r\n\r\n", [("", "a")]),
    ],
)
async def test_fields_are_those_of_the_standard(content: str, heard: list[tuple[str, str]]) -> None:
    assert await taken_apart(content.encode()) == heard


async def test_what_is_no_utf8_is_replaced() -> None:
    assert await taken_apart(b"data: \xff\n\n") == [("", "\ufffd")]


@pytest.mark.parametrize("character", NO_LINE_ENDS, ids=ascii)
def test_json_of_any_command_is_one_line(character: str) -> None:
    assert len(json_line({"x": f"a{character}b"}).splitlines()) == 1


@pytest.mark.parametrize("character", NO_LINE_ENDS, ids=ascii)
def test_a_data_directory_may_have_any_name(tmp_path: Path, character: str) -> None:
    lines = [
        "4711",
        f"/srv/a{character}b",
        "1764331200",
        "5432",
        "/tmp/x",
        "127.0.0.1",
        "0 0",
        "ready   ",
    ]
    (tmp_path / LOCK_FILE).write_text("\n".join(lines) + "\n")
    assert is_ready(tmp_path, 4711)
