"""How long commands wait for a call, as admission is told."""

import asyncio

from msgspec.structs import replace

from headrace.actors.intake import WORTH_A_BATCH
from headrace.actors.partition_client import PartitionClient, Stats
from headrace.runtime.payments import answer as answers_wire
from headrace.runtime.payments import command as commands_wire
from headrace.runtime.payments.answer import Refused
from headrace.runtime.payments.book import Place
from headrace.runtime.payments.command import Act, PaymentAction
from headrace.runtime.payments.refusals import Refusal
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
        commands = commands_wire.decode(data)
        self.asked.append(len(commands))
        await self.let.wait()
        return answers_wire.encode([Refused(Refusal.UNKNOWN_PAYMENT)] * len(commands))

    async def await_leg(self, actor: int, opened_by: Place, timeout_s: float) -> None:
        return None

    async def stats(self, actor: int) -> Stats:
        return {}


async def test_waiting_is_told_as_long_as_a_command_has_no_call() -> None:
    actor = HeldUp()
    client = PartitionClient(SETTINGS, actor)
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
    client = PartitionClient(replace(SETTINGS, calls_per_actor_max=3), actor)
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
