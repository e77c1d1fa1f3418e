"""Event streams over a real ledger: in order, from any position on, nothing left out."""

import asyncio
from contextlib import aclosing

import pytest
from support.books_written import write
from support.ledger_tokens import TOKENS, record_id_of

from headrace.runtime.events.event import types_of
from headrace.runtime.events.position import OtherHistory
from headrace.runtime.events.stream import Ends, EventStream
from headrace.runtime.identity import tenants
from headrace.runtime.journal.telling import event_of
from headrace.runtime.ledger.read import Reader

DEADLINE_S = 60


@pytest.fixture
def stream_with(database, settings):
    def make(**changes):
        quick = settings.replace(events_poll_s=0.01, **changes)
        return EventStream(Reader(database, tokens=TOKENS), quick.events)

    return make


async def until_now(stream, tenant, position="", types=None):
    start = await stream.start(position, tenant)
    return [told async for told in stream.until_now(start, types)]


def expected(books):
    """Places of the model's events by partition."""
    by_partition = {}
    for r in books.records:
        if event_of(r):
            by_partition.setdefault(r.partition, []).append((r.partition, r.seq))
    return by_partition


def by_partition(events):
    found = {}
    for record_id in (record_id_of(event.id) for event in events):
        found.setdefault(record_id[0], []).append(record_id)
    return found


@pytest.mark.parametrize("page_max", [1, 7, 2_000])
async def test_every_event_comes_once_and_in_order_of_its_partition(
    stream_with, settings, books, scene, page_max
):
    told = await until_now(stream_with(events_page_max=page_max), books.tenant)
    events = [t.event for t in told if t.event]
    assert by_partition(events) == expected(books)
    assert told[-1].event is None
    assert [t.event for t in await until_now(stream_with(), books.tenant, told[-1].position)] == [
        None
    ]


async def test_a_ledger_read_whole_is_told_in_the_order_of_time(
    stream_with, settings, books, scene
):
    told = await until_now(stream_with(), books.tenant)
    times = [t.event.time for t in told if t.event]
    assert times == sorted(times)


async def test_whoever_comes_back_with_a_position_gets_the_rest(
    stream_with, settings, books, scene
):
    stream = stream_with(events_page_max=5)
    whole = await until_now(stream, books.tenant)
    for place in range(0, len(whole), 3):
        rest = await until_now(stream, books.tenant, whole[place].position)
        seen = [t.event for t in whole[: place + 1] + rest if t.event]
        assert by_partition(seen) == expected(books)


async def test_types_and_tenants_choose_and_the_position_moves_on_all_the_same(
    stream_with, settings, books, scene, database
):
    stream = stream_with(events_page_max=3)
    declined = await until_now(stream, books.tenant, types=types_of(["payment.declined"]))
    assert [t.event.type for t in declined[:-1]] == ["com.headrace.payment.declined"]
    stranger = (await tenants.create(database, "stranger"))[0].number
    nothing = await until_now(stream, stranger)
    assert [t.event for t in nothing] == [None]
    everything = await until_now(stream, None)
    assert by_partition(t.event for t in everything if t.event) == expected(books)
    for tenant, position in (
        (books.tenant, declined[-1].position), (stranger, nothing[0].position),
        (None, everything[-1].position),
    ):  # fmt: skip
        assert [t.event for t in await until_now(stream, tenant, position)] == [None]


async def test_following_tells_what_is_committed_later(stream_with, settings, books, scene):
    stream = stream_with()
    (*_, last) = await until_now(stream, books.tenant)
    start = await stream.start(last.position, books.tenant)
    async with asyncio.timeout(DEADLINE_S), aclosing(stream.follow(start)) as told:
        for _ in range(3):
            books.pay(scene.anna, scene.kiosk, 1)
            await write(books)
            assert (await anext(told)).event.type == "com.headrace.payment.settled"


async def test_a_quiet_stream_says_that_it_is_alive(stream_with, settings, books, scene):
    stream = stream_with(events_heartbeat_s=0.05)
    (*_, last) = await until_now(stream, books.tenant)
    start = await stream.start(last.position, books.tenant)
    async with asyncio.timeout(DEADLINE_S), aclosing(stream.follow(start)) as told:
        assert await anext(told) == last
        assert await anext(told) == last
        books.pay(scene.anna, scene.shop, 1)
        await write(books)
        while (found := await anext(told)).event is None:
            pass
        assert found.event.type == "com.headrace.payment.settled"


async def test_reading_until_now_ends_although_events_go_on(stream_with, settings, books, scene):
    stream = stream_with(events_page_max=1)
    before = sum(len(ids) for ids in expected(books).values())
    seen = 0
    async with asyncio.timeout(DEADLINE_S):
        async for told in stream.until_now(await stream.start("", books.tenant)):
            if told.event:
                seen += 1
                books.pay(scene.anna, scene.shop, 1)
                await write(books)
    assert seen == before


async def test_many_streams_that_wait_ask_the_ledger_together(settings, books, scene):
    class Counted:
        asked = 0

        async def ends(self):
            self.asked += 1
            return {0: 5} if self.asked > 3 else {0: 1}

    reader = Counted()
    ends = Ends(reader, 0.01)
    async with asyncio.timeout(DEADLINE_S):
        found = await asyncio.gather(*(ends.beyond({0: 1}) for _ in range(50)))
    assert found == [{0: 5}] * 50
    assert reader.asked == 4


async def test_a_ledger_out_of_reach_ends_the_streams_that_wait(settings):
    class Broken:
        async def ends(self):
            raise ConnectionError("gone")

    ends = Ends(Broken(), 0.01)
    waiting = [asyncio.create_task(ends.beyond({0: 0})) for _ in range(3)]
    async with asyncio.timeout(DEADLINE_S):
        for task in waiting:
            with pytest.raises(ConnectionError):
                await task


async def test_a_checkpoint_is_written_and_takes_old_ones_along(
    stream_with, settings, books, scene, database
):
    stream, other = stream_with(), stream_with()
    first = (await until_now(stream, books.tenant))[-1].position
    assert await until_now(other, books.tenant, first) == [(first, None)]
    rows = await database.fetch("SELECT * FROM event_checkpoints")
    assert [(len(row["after"]), len(row["ends"])) for row in rows] == [
        (settings.cell.partitions, settings.cell.partitions)
    ]
    await database.execute("UPDATE event_checkpoints SET id = 1")
    await database.execute(
        "INSERT INTO event_checkpoints SELECT n, 1, '{}', '{}' FROM generate_series(2, 12) n"
    )
    books.pay(scene.anna, scene.shop, 1)
    await write(books)
    await until_now(other, books.tenant)
    assert await database.fetchval("SELECT count(*) FROM event_checkpoints WHERE id < 99") == 2
    with pytest.raises(OtherHistory):
        await stream.start(first, books.tenant)
