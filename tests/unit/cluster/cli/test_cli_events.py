from collections.abc import AsyncIterator

from headrace.cluster.cli.events import Event, parse


async def test_a_stream_of_events_is_taken_apart() -> None:
    async def lines() -> AsyncIterator[str]:
        for line in (
            ": heartbeat", "", "id: 0:1", "event: x", "data: {", "data: }", "", "",
            "id:0:2,1:4", "data:[]", "", "id: 9:9",
        ):  # fmt: skip
            yield line

    assert [event async for event in parse(lines())] == [
        Event("0:1", "{\n}"),
        Event("0:2,1:4", "[]"),
    ]
