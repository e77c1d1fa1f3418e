"""Who waits for the end of a leg is woken by it, let go after a time, and never forgotten."""

import asyncio

import pytest

from headrace.actors.leg_waiters import LegWaiters
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.open_leg import LegId, OpenLeg

LEG, OTHER = (1, 3), (1, 4)


class Legs:
    """A book of which some legs are under way."""

    def __init__(self, *open_legs: LegId) -> None:
        self.open = set(open_legs)

    def under_way(self, leg: LegId) -> bool:
        return leg in self.open


def closing(*legs: LegId) -> Batch:
    closed = [
        OpenLeg(bytes(16), 0, partition, seq, False, True, 5, 978, 40, 7, 8, bytes(16))
        for partition, seq in legs
    ]
    return Batch(1, legs_closed=closed)


class Scene:
    """Two legs are under way."""

    def __init__(self) -> None:
        self.book = Legs(LEG, OTHER)
        self.waiters = LegWaiters(self.book)  # type: ignore[arg-type]  # what of it is asked

    async def waits(self, leg: LegId, timeout_s: float = 30.0) -> "asyncio.Task[None]":
        waiting = asyncio.create_task(self.waiters.until_ended(leg, timeout_s))
        await asyncio.sleep(0)
        return waiting

    def ends(self, *legs: LegId) -> None:
        self.book.open -= set(legs)
        self.waiters.committed(closing(*legs))


@pytest.fixture
async def scene(no_waiting: None) -> Scene:
    return Scene()


async def done(*tasks: "asyncio.Task[None]") -> list[bool]:
    for _ in range(5):
        await asyncio.sleep(0)
    return [task.done() for task in tasks]


async def test_nobody_waits_for_a_leg_that_is_over(scene: Scene) -> None:
    assert await done(await scene.waits((9, 9))) == [True]
    assert len(scene.waiters) == 0


async def test_all_who_wait_for_a_leg_are_woken_by_its_end_and_no_others(scene: Scene) -> None:
    tasks = [await scene.waits(leg) for leg in (LEG, LEG, OTHER)]
    assert len(scene.waiters) == 2, "legs"
    scene.ends((7, 7))
    assert await done(*tasks) == [False] * 3
    scene.ends(LEG)
    assert await done(*tasks) == [True, True, False]
    assert len(scene.waiters) == 1
    scene.ends(OTHER)
    assert await done(*tasks) == [True] * 3


async def test_who_waited_long_enough_is_let_go_and_the_others_wait_on(scene: Scene) -> None:
    patient = await scene.waits(LEG, 1_000.0)
    begun = asyncio.get_running_loop().time()
    await scene.waiters.until_ended(LEG, 100.0)
    assert asyncio.get_running_loop().time() - begun == pytest.approx(100, rel=0.05)
    assert await done(patient) == [False]
    assert len(scene.waiters) == 1
    scene.ends(LEG)
    assert await done(patient) == [True]
    assert len(scene.waiters) == 0


async def test_of_the_last_to_be_let_go_nothing_is_left(scene: Scene) -> None:
    await scene.waiters.until_ended(LEG, 1.0)
    assert len(scene.waiters) == 0
    scene.ends(LEG)


async def test_a_waiter_that_has_gone_is_no_error(scene: Scene) -> None:
    gone, stays = await scene.waits(LEG), await scene.waits(LEG)
    gone.cancel()
    await done(gone)
    scene.ends(LEG)
    assert await done(stays) == [True]


async def test_after_a_new_start_those_are_woken_whose_leg_is_over(scene: Scene) -> None:
    ended, still = await scene.waits(LEG), await scene.waits(OTHER)
    scene.book.open = {OTHER}
    scene.waiters.loaded()
    assert await done(ended, still) == [True, False]
    still.cancel()


def test_a_book_says_what_is_under_way() -> None:
    assert not Book(4).under_way(LEG)
