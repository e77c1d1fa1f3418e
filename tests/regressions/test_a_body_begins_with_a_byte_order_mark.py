"""A tolerance that one reader has and its sibling has not: with a byte-order mark before it a body
was no JSON, though RFC 8259 (section 8.1) lets a reader skip it and `headrace pay` does.

| door | input | |
|---|---|---|
| body of a single request | mark, object | found |
| batch | mark, array or `{"items": []}` | found |
| batch, NDJSON | mark, lines: the first item was refused | found |
| a body that may be left out | a mark alone | found |
| any | two marks; one before a later line; one within a string | clean: only the first is skipped |
| `headrace pay FILE` | CSV, JSON, NDJSON | theirs, tested with the command |
"""

from typing import Any

import pytest
from msgspec import Struct

from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.http.admission import Admission
from headrace.serve.http.batch_body import BatchBody
from headrace.serve.http.names_once import decoder
from headrace.serve.http.problems import Problem
from headrace.serve.http.request import Request

BOM = b"\xef\xbb\xbf"
ADMISSION = Admission(GatewaySettings())


class Item(Struct, forbid_unknown_fields=True, omit_defaults=True):
    n: int
    s: str = ""


ITEMS = BatchBody(Item)
ONE = decoder(Item)


def request(body: bytes, media: bytes = b"application/json", pieces: int = 1) -> Request:
    size = len(body) // pieces + 1
    waiting = [body[at : at + size] for at in range(0, max(len(body), 1), size)]

    async def receive() -> Any:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    scope = {"method": "POST", "headers": [(b"content-type", media)]}
    return Request(scope, receive, "/", ADMISSION)


@pytest.mark.parametrize("pieces", [1, 5])
async def test_an_object(pieces: int) -> None:
    assert await request(BOM + b'{"n":1}', pieces=pieces).json(ONE) == Item(1)


async def test_no_body_but_the_mark() -> None:
    assert await request(BOM).json(ONE, absent=b'{"n":7}') == Item(7)


@pytest.mark.parametrize(
    ("media", "body"),
    [
        (b"application/json", b'[{"n":1},{"n":2}]'),
        (b"application/json", b'{"items":[{"n":1},{"n":2}]}'),
        (b"application/x-ndjson", b'{"n":1}\n{"n":2}\n'),
        (b"application/x-ndjson", b'\n{"n":1}\n{"n":2}'),
    ],
)
async def test_lists(media: bytes, body: bytes) -> None:
    told, lines = await request(BOM + body, media).body(ndjson=True)
    assert ITEMS.read(told, lines, 2) == [Item(1), Item(2)]


async def test_a_mark_within_a_text_stays() -> None:
    assert await request('{"n":1,"s":"\ufeff"}'.encode()).json(ONE) == Item(1, "\ufeff")


@pytest.mark.parametrize("body", [BOM * 2 + b'{"n":1}', b" " + BOM + b'{"n":1}'])
async def test_only_the_first_mark_is_skipped(body: bytes) -> None:
    with pytest.raises(Problem) as refused:
        await request(body).json(ONE)
    assert refused.value.refusal is Refusal.MALFORMED_JSON


async def test_a_later_line_is_refused_alone() -> None:
    body, lines = await request(BOM + b'{"n":1}\n' + BOM + b'{"n":2}', b"application/jsonl").body(
        ndjson=True
    )
    first, second = ITEMS.read(body, lines, 9)
    assert first == Item(1)
    assert isinstance(second, Problem)
    assert second.refusal is Refusal.MALFORMED_JSON
