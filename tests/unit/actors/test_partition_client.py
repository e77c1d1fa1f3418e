"""Which commands go together in a call, in what order, and how long they wait for one."""

import asyncio

from headrace.actors.intake import WORTH_A_BATCH
from headrace.actors.partition_client import PartitionClient, Stats
from headrace.runtime.commands import decode
from headrace.runtime.metrics.told import Told
from headrace.runtime.payments import answer as answers_wire
from headrace.runtime.payments.answer import Done, Refused
from headrace.runtime.payments.command import Act, Pay, PaymentAction
from headrace.runtime.payments.open_leg import LegId
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings import Settings

SETTINGS = Settings(actors=1, partitions=1, calls_per_actor_max=1)
PAYMENT = bytes(16)


class HeldUp:
    """An actor that refuses everything, when it is let."""

    def __init__(self) -> None:
        self.let = asyncio.Event()
        self.asked: list[int] = []
        """Commands of each call."""

    async def submit(self, actor: int, data: bytes) -> bytes:
        commands = decode(data)
        self.asked.append(len(commands))
        await self.let.wait()
        return answers_wire.encode([Refused(Refusal.UNKNOWN_PAYMENT)] * len(commands))

    async def await_leg(self, actor: int, opened_by: LegId, timeout_s: float) -> None:
        return None

    async def stats(self, actor: int) -> Stats:
        return {}


async def test_waiting_is_told_as_long_as_a_command_has_no_call() -> None:
    actor = HeldUp()
    client = PartitionClient(SETTINGS.cell, SETTINGS.calls, actor)
    command = Act(0, PAYMENT, PaymentAction.EXPIRE)
    out = asyncio.create_task(client.submit([command]))
    await asyncio.sleep(0.02)
    assert client.waiting_s() == 0
    waiting = asyncio.create_task(client.submit([command]))
    await asyncio.sleep(0.02)
    first = client.waiting_s()
    assert first > 0
    await asyncio.sleep(0.02)
    assert client.waiting_s() >= first + 0.01
    actor.let.set()
    async with asyncio.timeout(60):
        await asyncio.gather(out, waiting)
    assert client.waiting_s() == 0


async def test_a_further_call_goes_out_only_when_much_waits() -> None:
    actor = HeldUp()
    client = PartitionClient(SETTINGS.cell, SETTINGS.replace(calls_per_actor_max=3).calls, actor)
    command = Act(0, PAYMENT, PaymentAction.EXPIRE)
    asking = []
    for size in (1, 5, WORTH_A_BATCH - 6, 1, WORTH_A_BATCH, WORTH_A_BATCH):
        asking.append(asyncio.create_task(client.submit([command] * size)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert actor.asked == [1, WORTH_A_BATCH, WORTH_A_BATCH]
    actor.let.set()
    async with asyncio.timeout(60):
        await asyncio.gather(*asking)
    assert actor.asked[3:] == [WORTH_A_BATCH]


class LosesTheFirst:
    """An actor whose first call gets no answer; what comes later is decided."""

    def __init__(self) -> None:
        self.calls = 0

    async def submit(self, actor: int, data: bytes) -> bytes:
        self.calls += 1
        if self.calls == 1:
            raise ConnectionError("the other side has gone")
        return answers_wire.encode([Done(0, n, 0) for n in range(len(decode(data)))])

    async def await_leg(self, actor: int, opened_by: LegId, timeout_s: float) -> None:
        return None

    async def stats(self, actor: int) -> Stats:
        return {}


async def test_a_later_payment_of_a_batch_is_not_decided_when_an_earlier_one_was_put_off() -> None:
    settings = SETTINGS.replace(calls_per_actor_max=3, call_payments_max=10)
    client = PartitionClient(settings.cell, settings.calls, LosesTheFirst())
    batch = [Pay(1, "debtor", f"creditor-{n}", 1, 978, f"key-{n}", 1) for n in range(25)]
    async with asyncio.timeout(10):
        answers = await client.submit(batch)
    assert answers == [Refused(Refusal.UNAVAILABLE)] * 25


async def test_batches_share_a_call_and_none_is_divided() -> None:
    actor = HeldUp()
    client = PartitionClient(SETTINGS.cell, SETTINGS.replace(call_payments_max=10).calls, actor)
    command = Act(0, PAYMENT, PaymentAction.EXPIRE)
    asking = []
    for size in (1, 4, 5, 3, 30, 1):
        asking.append(asyncio.create_task(client.submit([command] * size)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    actor.let.set()
    async with asyncio.timeout(10):
        await asyncio.gather(*asking)
    assert actor.asked == [1, 12, 30, 1]


async def test_nothing_submitted_is_answered_at_once() -> None:
    async with asyncio.timeout(10):
        assert await PartitionClient(SETTINGS.cell, SETTINGS.calls, HeldUp()).submit([]) == []


class Counts(HeldUp):
    """An actor that tells its figures and those of what stands around it."""

    async def stats(self, actor: int) -> Stats:
        return {"name": f"a{actor}", "queue": 3, "risk_client": {"failures": 2}}


async def test_figures_of_all_actors_are_told_by_area_though_one_is_away() -> None:
    async def away() -> Told:
        raise OSError("away")

    async def store() -> Told:
        return {"name": "store", "creditor_profiles": {"read": 1}}

    client = PartitionClient(SETTINGS.cell, SETTINGS.calls, Counts(), (away, store))
    assert await client.figures() == [
        {
            "name": "a0", "partition": {"queue": 3, "waiting_in_gateway": 0},
            "risk_client": {"failures": 2},
        },
        {"name": "store", "creditor_profiles": {"read": 1}},
    ]  # fmt: skip
