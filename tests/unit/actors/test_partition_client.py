"""How long commands wait for a call, as admission is told."""

import asyncio

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

    async def submit(self, actor: int, data: bytes) -> bytes:
        await self.let.wait()
        commands = commands_wire.decode(data)
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
    async with asyncio.timeout(10):
        await asyncio.gather(out, waiting)
    assert client.waiting_s() == 0
