"""Who carries legs out, and home that takes their answers in: what examples of senders share."""

import asyncio
from collections.abc import Callable

from headrace.actors.leg_sender import LegSender
from headrace.runtime.journal.account_numbers import ORDINAL_BITS
from headrace.runtime.payments.answer import LegsAnswer, LegsDone, Refused
from headrace.runtime.payments.command import PostLegs, SettleLegs
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.partition import CallSettings

FULL, HOME = 10, 3
TIMEOUT_S = 60.0


def legs(count: int, actor: int = 1, first: int = 1) -> list[OpenLeg]:
    creditor = actor << ORDINAL_BITS | 5_000
    return [
        OpenLeg(
            seq.to_bytes(16, "big"), 0, HOME, seq, False, True, 1, 978, 5, 1, creditor, bytes(16)
        )
        for seq in range(first, first + count)
    ]


class Answering:
    """Answers at once: calls with a poison in them fail, and while it is away all do."""

    def __init__(self, poison: int = 0, at_home: bool = False, full: int = FULL) -> None:
        self.poison = poison
        self.at_home = at_home
        self.away = False
        self.calls: list[PostLegs] = []
        self.arrived: set[int] = set()
        self.parked: list[tuple[int, int]] = []
        self.sender = LegSender(
            2, CallSettings(call_payments_max=full, leg_pause_s=0.0001), self.submit, self.take,
            lambda leg, n, _: self.parked.append((leg.seq, n)),
        )  # fmt: skip

    async def submit(self, actor: int, command: PostLegs) -> LegsAnswer:
        self.calls.append(command)
        await asyncio.sleep(0)
        if self.away:
            return Refused(Refusal.UNAVAILABLE)
        if self.poison in command.seqs and not self.at_home:
            return Refused(Refusal.INTERNAL_ERROR)
        return LegsDone([0] * len(command.seqs))

    def take(self, arrived: SettleLegs) -> asyncio.Future[list[LegsAnswer]]:
        taken: asyncio.Future[list[LegsAnswer]] = asyncio.get_running_loop().create_future()
        if self.poison in arrived.seqs:
            taken.set_result([Refused(Refusal.INTERNAL_ERROR)])
        else:
            self.arrived |= set(arrived.seqs)
            taken.set_result([LegsDone([0] * len(arrived.seqs))])
        return taken

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(TIMEOUT_S):
            while not condition():
                await asyncio.sleep(0.0005)
