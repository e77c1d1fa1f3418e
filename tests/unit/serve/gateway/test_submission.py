"""What is taken on, and what is turned away before it is read."""

import asyncio

import pytest

from headrace.actors.partition_client import Asker
from headrace.runtime.payments.answer import Answer, Done, Refused
from headrace.runtime.payments.command import Act, Command, PaymentAction
from headrace.runtime.refusals import Refusal
from headrace.serve.gateway.submission import Submissions
from headrace.serve.http.admission import Bound
from headrace.serve.http.problems import Problem


class Partitions:
    """Keeps what is put until it is let answer."""

    def __init__(self) -> None:
        self.askers: list[Asker] = []

    def put(self, command: Command, asker: Asker) -> None:
        self.askers.append(asker)

    def answer(self, answer: Answer) -> None:
        for asker in self.askers:
            asker.answer(0, answer)


COMMAND = Act(0, bytes(16), PaymentAction.CANCEL)
DONE = Done(0, 1, 2)


def submissions(
    payments: Bound, waiting_s: float = 0.0, partitions: Partitions | None = None
) -> Submissions:
    put = (partitions or Partitions()).put
    return Submissions(put, payments, lambda: waiting_s, wait_max_s=0.5)


def test_as_long_as_waiting_is_short_more_is_taken_on() -> None:
    payments = Bound("payments", 3)
    submissions(payments, 0.5).admit()
    assert payments.refused == 0


@pytest.mark.parametrize(("taken", "waiting_s"), [(0, 0.51), (3, 0.0)])
def test_what_would_wait_too_long_or_has_no_place_is_refused(taken: int, waiting_s: float) -> None:
    payments = Bound("payments", 3)
    payments.take(taken)
    with pytest.raises(Problem) as refused:
        submissions(payments, waiting_s).admit()
    assert refused.value.refusal is Refusal.OVERLOADED
    assert (payments.taken, payments.refused) == (taken, 1)


async def test_a_command_is_under_way_until_it_is_answered() -> None:
    payments, partitions = Bound("payments", 3), Partitions()
    asked = asyncio.create_task(submissions(payments, partitions=partitions).one(COMMAND))
    await asyncio.sleep(0)
    assert payments.taken == 1
    partitions.answer(DONE)
    assert payments.taken == 0
    assert await asked == DONE


async def test_a_refusal_is_told_as_a_problem() -> None:
    partitions = Partitions()
    asked = submissions(Bound("payments", 3), partitions=partitions).one(COMMAND)
    task = asyncio.create_task(asked)
    await asyncio.sleep(0)
    partitions.answer(Refused(Refusal.KEY_REUSED, "Idempotency-Key"))
    with pytest.raises(Problem) as refused:
        await task
    assert (refused.value.refusal, refused.value.field) == (
        Refusal.KEY_REUSED,
        "Idempotency-Key",
    )


async def test_a_client_that_hangs_up_leaves_its_command_under_way() -> None:
    payments, partitions = Bound("payments", 3), Partitions()
    submitted = submissions(payments, partitions=partitions)
    task = asyncio.create_task(submitted.one(COMMAND))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert payments.taken == 1
    ending = asyncio.create_task(submitted.finish(5))
    await asyncio.sleep(0.01)
    assert not ending.done()
    partitions.answer(DONE)
    await asyncio.wait_for(ending, 60)
    assert payments.taken == 0


async def test_work_of_many_runs_on_when_its_client_hangs_up() -> None:
    payments, let = Bound("payments", 3), asyncio.Event()
    submitted = submissions(payments)
    task = asyncio.create_task(submitted.many(2, let.wait))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert payments.taken == 2
    let.set()
    await asyncio.wait_for(submitted.finish(5), 5)
    assert payments.taken == 0


async def test_the_end_does_not_wait_for_ever() -> None:
    submitted = submissions(Bound("payments", 3))
    task = asyncio.create_task(submitted.one(COMMAND))
    await asyncio.sleep(0)
    await asyncio.wait_for(submitted.finish(0.01), 5)
    task.cancel()
