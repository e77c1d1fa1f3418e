"""Streams that break off anywhere and are resumed: nothing is left out, whatever was noted."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.journal_in_memory import JournalInMemory
from support.ledger_tokens import TOKENS, record_id_of

from headrace.runtime.events.checkpoints import KEPT_S, RENEWED_S, Checkpoints
from headrace.runtime.events.event import types_of
from headrace.runtime.events.position import REFS_MAX, Expired, InvalidPosition, OtherHistory
from headrace.runtime.events.stream import EventStream
from headrace.runtime.events.telling import Telling, Told
from headrace.runtime.journal.kinds import RecordKind as K
from headrace.runtime.ledger.read import Reader
from headrace.runtime.settings.events import EventSettings

MINE, THEIRS = 5, 6
RecordId = tuple[int, int]


class House:
    """A gateway's streams over a journal, and clocks that stand still until they are moved."""

    def __init__(self, journal: JournalInMemory, **settings: Any) -> None:
        self.journal = journal
        self.now = 1_800_000_000.0
        self.settings = EventSettings(events_checkpoints_each_second_max=1_000, **settings)
        self.reader = Reader(journal, tokens=TOKENS)
        self.stream = EventStream(self.reader, self.settings)
        self.checkpoints = Checkpoints(
            journal, self.settings, now=lambda: self.now, monotonic=lambda: self.now
        )
        self.stream._checkpoints = self.checkpoints

    async def telling(
        self, position: str = "", tenant: int | None = MINE, types: str = ""
    ) -> Telling:
        start = await self.stream.start(position, tenant)
        chosen = types_of([types]) if types else None
        return Telling(
            self.reader, self.checkpoints, self.settings, start, chosen,
            monotonic=lambda: self.now,
        )  # fmt: skip

    async def more(self, telling: Telling) -> list[Told]:
        """What it tells of all that is committed, and the position after it."""
        found = [told async for told in telling.rest()]
        found += [told async for told in telling.up_to(self.journal.ends())]
        return [*found, await telling.so_far()]

    async def read(
        self, position: str = "", tenant: int | None = MINE, types: str = ""
    ) -> list[Told]:
        return await self.more(await self.telling(position, tenant, types))


def record_ids(told: list[Told]) -> list[RecordId]:
    return [record_id_of(one.event.id) for one in told if one.event]


def of_tenant(journal: JournalInMemory, tenant: int = MINE) -> set[RecordId]:
    return {
        (row["partition"], row["seq"])
        for rows in journal.rows
        for row in rows
        if row["tenant"] == tenant
    }


def filled(partitions: int = 3, records: int = 40, seed: int = 1) -> JournalInMemory:
    journal, random = JournalInMemory(partitions), Random(seed)
    for _ in range(records):
        journal.commit(random.randrange(partitions), random.choice((MINE, THEIRS)))
    return journal


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(scene)


@given(
    st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 9), st.sampled_from([0.001, 1.0, 99.0])
)
def test_whoever_resumes_anywhere_gets_all_that_came_later(
    seed: int, partitions: int, page_max: int, checkpoint_s: float
) -> None:
    async def scene() -> None:
        random = Random(seed)
        journal = JournalInMemory(partitions)
        house = House(journal, events_page_max=page_max, events_checkpoint_s=checkpoint_s)
        telling, told = await house.telling(), []
        for _ in range(5):
            for _ in range(random.randrange(12)):
                journal.commit(random.randrange(partitions), random.choice((MINE, THEIRS)))
            journal.fails = random.random() < 0.2
            told += await house.more(telling)
            house.now += random.choice((0.0, 0.4, 2.0))
        journal.fails = False
        whole = record_ids(told)
        assert Counter(whole) == Counter(of_tenant(journal))
        for cut in random.sample(range(len(told)), min(6, len(told))):
            rest = record_ids(await house.read(told[cut].position))
            assert set(whole) - set(record_ids(told[: cut + 1])) <= set(rest)
            assert len(rest) == len(set(rest))
            for p in range(partitions):
                of_one = [record_id for record_id in rest if record_id[0] == p]
                assert of_one == sorted(of_one)

    run(scene())


@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 9))
def test_within_what_was_noted_nothing_comes_twice(
    seed: int, partitions: int, page_max: int
) -> None:
    async def scene() -> None:
        journal = filled(partitions, 40, seed)
        house = House(journal, events_page_max=page_max)
        told = await house.read()
        whole = record_ids(told)
        journal.commit(0)
        for cut in range(0, len(told), 5):
            rest = record_ids(await house.read(told[cut].position))
            assert rest == [*whole[len(record_ids(told[: cut + 1])) :], (0, len(journal.rows[0]))]

    run(scene())


@pytest.mark.parametrize("fails", [False, True])
async def test_what_comes_twice_came_after_the_last_note_and_is_of_many_partitions(
    fails: bool,
) -> None:
    house = House(JournalInMemory(9))
    telling = await house.telling()
    house.journal.commit(0)
    await house.more(telling)
    for p in range(1, REFS_MAX + 2):
        house.journal.commit(p)
    told = await house.more(telling)
    assert len(house.journal.checkpoints) == 1
    house.journal.commit(0)
    house.journal.fails = fails
    for cut in range(REFS_MAX):
        rest = await house.read(told[cut].position)
        assert record_ids(rest) == [*record_ids(told)[cut + 1 :], (0, 2)]
        for again, one in enumerate(rest):
            further = record_ids(await house.read(one.position))
            assert further == record_ids(rest)[again + 1 :] or cut + again >= REFS_MAX - 1
    rest = await house.read(told[REFS_MAX].position)
    assert record_ids(rest) == [*record_ids(told)[:REFS_MAX], (0, 2)]
    assert max(len(one.position) for one in told) < 110


async def test_other_types_go_on_from_the_same_position() -> None:
    house = House(filled())
    told = await house.read()
    house.journal.commit(1, kind=K.DECLINED)
    for cut in (0, 7, len(told) - 1):
        assert len(await house.read(told[cut].position, types="payment.declined")) == 2


async def test_a_stream_of_all_tenants_has_positions_of_its_own() -> None:
    house = House(filled())
    told = await house.read(tenant=None)
    assert set(record_ids(told)) == of_tenant(house.journal, MINE) | of_tenant(
        house.journal, THEIRS
    )
    with pytest.raises(InvalidPosition):
        await house.stream.start(told[3].position, MINE)
    assert record_ids(await house.read(told[3].position, None)) == record_ids(told)[4:]


async def _beyond_the_end(house: House, told: list[Told]) -> str:
    for rows in house.journal.rows:
        del rows[1:]
    return told[5].position


async def _before_a_restore(house: House, told: list[Told]) -> str:
    """The lost history's places have other records by now."""
    now = house.journal.ends()
    for p in range(3):
        house.journal.commit(p)
    lost = (await house.more(await house.telling(told[-1].position)))[0].position
    house.journal.checkpoints |= {}
    kept = dict(house.journal.checkpoints)
    restored = house.journal.restored(now)
    restored.checkpoints = kept
    for p in range(3):
        restored.commit(p)
        restored.commit(p)
    house.journal.rows = restored.rows
    return lost


async def _without_its_checkpoint(house: House, told: list[Told]) -> str:
    house.journal.checkpoints.clear()
    return told[-1].position


@pytest.mark.parametrize("lost", [_beyond_the_end, _before_a_restore, _without_its_checkpoint])
async def test_a_position_of_another_history_is_told_apart(
    lost: Callable[[House, list[Told]], Awaitable[str]],
) -> None:
    house = House(filled())
    position = await lost(house, await house.read())
    with pytest.raises(OtherHistory):
        await house.stream.start(position, MINE)


async def test_positions_are_kept_for_thirty_days() -> None:
    house = House(filled())
    told = await house.read()
    house.now += KEPT_S
    await house.stream.start(told[-1].position, MINE)
    house.now += 1
    with pytest.raises(Expired):
        await house.stream.start(told[-1].position, MINE)
    house.journal.commit(0)
    await house.read()
    assert len(house.journal.checkpoints) == 1


async def test_a_quiet_stream_does_not_expire() -> None:
    house = House(filled())
    telling = await house.telling()
    first = (await house.more(telling))[-1].position
    house.now += RENEWED_S
    assert (await telling.so_far()).position == first
    house.now += 1
    later = (await telling.so_far()).position
    assert later != first
    house.now += KEPT_S - 1
    assert record_ids(await house.read(later)) == []


async def test_reading_again_where_nothing_is_new_writes_nothing() -> None:
    house = House(filled())
    position = (await house.read())[-1].position
    for _ in range(5):
        assert [told.position for told in await house.read(position)] == [position]
        assert await house.read() == await house.read()
    assert len(house.journal.checkpoints) == 1


async def test_streams_that_stand_at_the_same_place_share_what_is_noted() -> None:
    house = House(filled())
    tellings = [await house.telling() for _ in range(9)]
    for _ in range(3):
        await asyncio.gather(*map(house.more, tellings))
        house.journal.commit(1)
        house.now += 1
    assert len(house.journal.checkpoints) == 3


async def test_a_gateway_notes_so_much_a_second_at_most() -> None:
    house = House(filled(), events_page_max=1)
    house.checkpoints._each_second = 2
    for n in range(5):
        house.journal.commit(n % 3)
        told = await house.read()
        assert set(record_ids(told)) == of_tenant(house.journal)
    assert len(house.journal.checkpoints) == 2
    house.now += 1
    house.journal.commit(0)
    await house.read()
    assert len(house.journal.checkpoints) == 3
