"""What home says of legs that were answered, and calls that raise: nothing is lost or doubled."""

import asyncio

import pytest
from counterparts import Answering, legs

from headrace.runtime.payments.answer import LegsAnswer, Refused
from headrace.runtime.payments.command import PostLegs, SettleLegs
from headrace.runtime.refusals import Refusal


class Careless(Answering):
    """Home ends what it takes in as `ending` says; calls raise as long as there is an `error`."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None
        self.taken: list[asyncio.Future[list[LegsAnswer]]] = []

    async def submit(self, actor: int, command: PostLegs) -> LegsAnswer:
        if self.error is not None:
            self.calls.append(command)
            await asyncio.sleep(0)
            raise self.error
        return await super().submit(actor, command)

    def take(self, arrived: SettleLegs) -> asyncio.Future[list[LegsAnswer]]:
        self.taken.append(asyncio.get_running_loop().create_future())
        return self.taken[-1]

    async def all_sent(self) -> None:
        await self.until(lambda: bool(self.taken))

    async def settle(self) -> None:
        """Turns of the loop in which it could send again."""
        for _ in range(20):
            await asyncio.sleep(0)


async def test_a_call_that_raises_is_sent_again(
    no_waiting: None, logged: list[dict[str, object]]
) -> None:
    other = Careless()
    other.error = OSError("gone")
    other.sender.send(legs(2))
    await other.until(lambda: len(other.calls) >= 3)
    other.error = None
    await other.all_sent()
    assert [(call.seqs, call.again) for call in other.calls[:2]] == [
        ([1, 2], False),
        ([1, 2], True),
    ]
    assert {log["event"] for log in logged} == {"legs_not_carried"}
    assert other.sender.calls_failed == len(logged)


@pytest.mark.parametrize("ending", ["cancelled", "failed"])
async def test_where_home_is_ending_legs_are_left_to_its_successor(ending: str) -> None:
    untold: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: untold.append(context))
    other = Careless()
    other.sender.send(legs(1))
    await other.all_sent()
    if ending == "cancelled":
        other.taken[0].cancel()
    else:
        other.taken[0].set_exception(OSError("ending"))
    await other.settle()
    assert len(other.calls) == 1
    assert other.sender.calls_failed == 0
    assert untold == [], "an error that nobody catches"


async def test_what_home_says_of_legs_that_were_forgotten_is_not_heard() -> None:
    other = Careless()
    other.sender.send(legs(1))
    await other.all_sent()
    other.sender.forget()
    other.taken[0].set_result([Refused(Refusal.UNAVAILABLE)])
    await other.settle()
    assert len(other.calls) == 1
    assert (other.sender.calls_failed, other.sender.parked) == (0, {})


async def test_what_home_can_not_take_now_is_sent_again(no_waiting: None) -> None:
    other = Careless()
    other.sender.send(legs(2))
    await other.all_sent()
    other.taken[0].set_result([Refused(Refusal.UNAVAILABLE)])
    await other.until(lambda: len(other.taken) == 2)
    assert [(call.seqs, call.again) for call in other.calls] == [([1, 2], False), ([1, 2], True)]
    assert other.sender.calls_failed == 1
    assert other.parked == []
