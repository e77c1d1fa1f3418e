"""What waits to be decided: in order, bounded, legs first."""

import asyncio

import pytest

from headrace.actors.intake import WORTH_A_BATCH, Intake, Submission
from headrace.runtime.payments.answer import Done, LegsDone, Refused
from headrace.runtime.payments.command import Fund, PostLegs, SettleLegs
from headrace.runtime.refusals import Refusal

TIMEOUT_S = 60.0


def command(n):
    return Fund(1, "anna", n, 978, f"key-{n}", 1)


def commands(*numbers):
    return [command(n) for n in numbers]


def legs(count, seq=1):
    return PostLegs([2] * count, list(range(seq, seq + count)))


def told(items):
    """Amounts of commands; of calls of legs their first sequence, below zero."""
    commands = [item[0] for item in items]
    return [-c.seqs[0] if isinstance(c, PostLegs | SettleLegs) else c.amount for c in commands]


@pytest.fixture
async def intake():
    return Intake(5)


# Order


async def test_what_comes_first_is_taken_first(intake):
    intake.put(commands(1, 2))
    intake.put(commands(3))
    assert told(intake.take(9)) == [1, 2, 3]
    assert intake.take(9) == []


async def test_legs_go_before_all_else_and_in_their_order(intake):
    intake.put(commands(1, 2))
    intake.put_legs(legs(1, 7))
    intake.put_legs(SettleLegs([2], [8], [0]))
    intake.put(commands(3))
    assert told(intake.take(9)) == [-7, -8, 1, 2, 3]


async def test_each_item_knows_its_call_and_its_place_there(intake):
    first, second = intake.put(commands(1, 2)), intake.put(commands(3))
    third = intake.put_legs(legs(2, 4))
    items = intake.take(9)
    assert [(submission.future, index) for _, submission, index in items] == [
        (third, 0), (first, 0), (first, 1), (second, 0),
    ]  # fmt: skip


async def test_what_is_put_back_is_in_front_in_its_order(intake):
    intake.put_legs(legs(2, 7))
    intake.put_legs(legs(1, 9))
    intake.put(commands(1, 2, 3))
    items = intake.take(2)
    assert told(items) == [-7, 1, 2]
    intake.put(commands(4))
    intake.put_legs(legs(1, 10))
    intake.put_back(items)
    assert len(intake) == 8
    again = intake.take(99)
    assert told(again) == [-7, -9, -10, 1, 2, 3, 4]
    assert again[0] == items[0]
    assert again[3:5] == items[1:]


async def test_nothing_put_back_is_nothing(intake):
    intake.put_back([])
    assert len(intake) == 0
    assert not intake._filled.is_set()


# Bounds


@pytest.mark.parametrize(
    ("waiting", "size", "room"),
    [
        (0, 5, True),
        (1, 4, True),
        (1, 5, False),
        (4, 1, True),
        (4, 2, False),
        (5, 0, True),
        (5, 1, False),
    ],
)
async def test_there_is_room_up_to_the_bound(intake, waiting, size, room):
    intake.put(commands(*range(waiting))) if waiting else None
    assert intake.has_room(size) is room


async def test_a_call_of_more_than_the_bound_gets_in_when_nothing_waits(intake):
    assert intake.has_room(6)
    intake.put(commands(*range(6)))
    assert not intake.has_room(1)
    intake.take(5)
    assert not intake.has_room(6)


async def test_legs_take_no_room(intake):
    intake.put_legs(legs(50))
    assert intake.has_room(5)
    assert len(intake) == 50


async def test_room_comes_back_when_something_is_taken(intake):
    intake.put(commands(1, 2, 3, 4, 5))
    assert not intake.has_room(1)
    intake.take(2)
    assert intake.has_room(2)
    assert not intake.has_room(3)


@pytest.mark.parametrize(
    ("most", "taken"), [(0, []), (1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 3])]
)
async def test_as_many_are_taken_as_are_wanted(intake, most, taken):
    intake.put(commands(1, 2, 3))
    assert told(intake.take(most)) == taken
    assert len(intake) == 3 - len(taken)


@pytest.mark.parametrize(
    ("most", "taken", "left"),
    [
        (0, [], 7),
        (1, [-10, 1], 4),
        (2, [-10, 1, 2], 3),
        (3, [-10, -20, 1, 2], 2),
        (4, [-10, -20, -30, 1, 2], 0),
        (5, [-10, -20, -30, 1, 2], 0),
        (9, [-10, -20, -30, 1, 2], 0),
    ],
)
async def test_calls_of_legs_are_taken_until_they_have_that_many(intake, most, taken, left):
    """Calls of two, one and two legs: none is parted."""
    for count, seq in ((2, 10), (1, 20), (2, 30)):
        intake.put_legs(legs(count, seq))
    intake.put(commands(1, 2))
    assert told(intake.take(most)) == taken
    assert len(intake) == left


async def test_its_length_counts_each_leg(intake):
    assert len(intake) == 0
    assert not intake
    intake.put_legs(legs(3))
    intake.put(commands(1, 2))
    assert len(intake) == 5


async def test_one_is_taken_by_itself_a_call_of_legs_first(intake):
    intake.put(commands(1, 2))
    intake.put_legs(legs(2, 7))
    intake.put_legs(legs(1, 9))
    assert [told(intake.take_one()) for _ in range(5)] == [[-7], [-9], [1], [2], []]
    assert len(intake) == 0


# Waking


async def waits(intake):
    waiter = asyncio.ensure_future(intake.filled())
    await asyncio.sleep(0)
    done = waiter.done()
    waiter.cancel()
    return not done


@pytest.mark.parametrize("what", ["commands", "legs", "put back"])
async def test_something_that_waits_wakes_the_taker(intake, what):
    assert await waits(intake)
    if what == "commands":
        intake.put(commands(1))
    elif what == "legs":
        intake.put_legs(legs(1))
    else:
        intake.put(commands(1))
        intake.put_back(intake.take(1))
    async with asyncio.timeout(TIMEOUT_S):
        await intake.filled()


async def test_the_taker_waits_when_all_is_taken_and_not_before(intake):
    intake.put(commands(1, 2))
    intake.take(1)
    assert not await waits(intake)
    intake.take(1)
    assert await waits(intake)


async def test_the_taker_of_one_waits_when_it_was_the_last(intake):
    intake.put(commands(1))
    intake.put_legs(legs(3))
    intake.take_one()
    assert len(intake) == 1
    assert not await waits(intake)
    intake.take_one()
    assert await waits(intake)


# Answers


async def test_a_call_is_answered_with_its_last_answer(intake):
    future = intake.put(commands(1, 2))
    (_, submission, first), (_, _, second) = intake.take(2)
    submission.answer(second, Done(0, 2, 3))
    assert not future.done()
    submission.answer(first, Refused(Refusal.OVERLOADED))
    assert await future == [Refused(Refusal.OVERLOADED), Done(0, 2, 3)]


async def test_a_call_of_legs_has_one_answer(intake):
    future = intake.put_legs(legs(3))
    ((_, submission, index),) = intake.take(1)
    assert submission.answers == [None]
    submission.answer(index, LegsDone([0, 0, 0]))
    async with asyncio.timeout(TIMEOUT_S):
        assert await future == [LegsDone([0, 0, 0])]


async def test_the_first_answer_stands(intake):
    future = intake.put(commands(1, 2))
    (_, submission, first), (_, _, second) = intake.take(2)
    submission.answer(first, Done(0, 2, 3))
    submission.answer(first, Refused(Refusal.UNAVAILABLE))
    assert not future.done()
    submission.answer(second, Done(0, 3, 3))
    assert await future == [Done(0, 2, 3), Done(0, 3, 3)]


async def test_a_caller_that_has_gone_is_no_error(intake):
    future = intake.put(commands(1))
    future.cancel()
    ((_, submission, index),) = intake.take(1)
    submission.answer(index, Done(0, 1, 2))
    assert future.cancelled()


async def test_a_submission_counts_what_is_left():
    submission = Submission(2)
    assert (submission.left, submission.answers) == (2, [None, None])
    submission.answer(1, Done(0, 1, 2))
    assert (submission.left, submission.answers) == (1, [None, Done(0, 1, 2)])


def test_a_batch_is_worth_a_hundred():
    assert WORTH_A_BATCH == 100
