from collections.abc import AsyncIterator

import pytest

from headrace.cluster.cli.event_stream import Event, parse

STREAM = ": heartbeat\n\nid: 0:1\nevent: x\ndata: {\ndata: }\n\n\nid:0:2,1:4\ndata:[]\n\nid: 9:9"


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
async def test_a_stream_of_events_is_taken_apart(size: int, end: str) -> None:
    stream = ("\ufeff" + STREAM.replace("\n", end)).encode()

    async def chunks() -> AsyncIterator[bytes]:
        for i in range(0, len(stream), size):
            yield stream[i : i + size]

    assert [event async for event in parse(chunks())] == [
        Event("0:1", "{\n}"),
        Event("0:2,1:4", "[]"),
    ]
