"""The one writer of some partitions: an actor as its callers see it, without Ray."""

import asyncio
from collections.abc import Awaitable, Callable

from headrace.actors.counts import Counts
from headrace.actors.due import Due, ExpiringHolds, ParkedLegs
from headrace.actors.intake import Intake
from headrace.actors.leg_sender import LegSender
from headrace.actors.leg_waiters import LegWaiters
from headrace.actors.memory import Memory
from headrace.actors.scoring import CreditorWindows, Scorer, Scoring
from headrace.actors.text_sealing import text_sealer
from headrace.actors.turns import Turns
from headrace.actors.writer import Writer
from headrace.runtime.clock import now_us
from headrace.runtime.commands import decode
from headrace.runtime.endless import end_process, endless
from headrace.runtime.ids import NewPaymentId, payment_id
from headrace.runtime.partitioning import partitions_of
from headrace.runtime.payments import answer as answers_wire
from headrace.runtime.payments.answer import LegsAnswer, Refused
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import LegCommand, PostLegs
from headrace.runtime.payments.open_leg import LegId, OpenLeg
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings import Settings


class AccountPartition:
    """`start`, `submit`, `stop`. `deposed` is set when another has taken over; whoever runs it then
    ends it."""

    def __init__(
        self, index: int, name: str, settings: Settings, scorer: Scorer,
        creditors: CreditorWindows,
        post_elsewhere: Callable[[int, PostLegs], Awaitable[LegsAnswer]],
        end: Callable[[str], None] = end_process,
        cluster: str = "",
        new_id: NewPaymentId = payment_id,
    ) -> None:  # fmt: skip
        """`end` is called when a loop of it has ended that must not; `cluster` is the Ray cluster
        that it runs in, as the ledger calls it; `new_id` gives payments their ids."""
        self.name = name
        self.index = index
        self._settings = settings
        self._end = end
        self._post_elsewhere = post_elsewhere
        self._counts = Counts()
        self._intake = Intake(settings.partition.queue_payments_max)
        self._book = Book(settings.cell.partitions, settings.partition.open_legs_max)
        self._writer = Writer(
            settings.ledger,
            name,
            partitions_of(index, settings.cell.partitions, settings.cell.actors),
            cluster,
        )
        self._waiters = LegWaiters(self._book)
        self._legs = LegSender(
            settings.cell.actors, settings.calls, self._to_counterpart,
            self._intake.put_legs, self._park,
        )  # fmt: skip
        self._parked = ParkedLegs(self._legs)
        self._turns = Turns(
            name, settings,
            Memory(
                self._book, self._writer, self._legs, self._parked, self._waiters,
                settings.partition.open_legs_page,
            ),
            self._writer, self._intake, Scoring(self._book, scorer, creditors), self._counts,
            new_id,
        )  # fmt: skip
        self._due = Due(
            [ExpiringHolds(settings.partition.due_at_once_max), self._parked], self._writer,
            self._intake,
            settings.ledger.commit_timeout_s, settings.partition.due_look_s,
        )  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def deposed(self) -> asyncio.Event:
        """Set when another has taken over."""
        return self._turns.deposed

    @property
    def holder(self) -> str:
        """As the leases name it."""
        return self._writer.holder

    async def start(self) -> None:
        """Takes the partitions over and loads what is open. Raises what the database raises, and
        MasterKeyError."""
        self._book.texts = await text_sealer(self._settings)
        await self._turns.start()
        self._tasks = [
            endless(f"{self.name} decides", self._turns.run, self._end),
            endless(f"{self.name} looks at what is due", self._keep_looking, self._end),
        ]

    async def stop(self) -> None:
        """Ends the loops; what is not committed yet gets no answer."""
        self._legs.forget()
        for task in self._tasks:
            task.cancel()
        await self._turns.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._writer.close()

    async def submit(self, data: bytes) -> bytes:
        """MessagePack commands to answers, in their order. Refuses at once what it can't take."""
        commands = decode(data)
        match commands:
            case []:
                return answers_wire.encode([])
            case [LegCommand() as legs]:
                if not self._turns.ready:
                    return answers_wire.encode(Refused(Refusal.UNAVAILABLE))
                (answer,) = await self._intake.put_legs(legs)
                return answers_wire.encode(answer)
        if not self._turns.ready:
            return answers_wire.encode([Refused(Refusal.UNAVAILABLE)] * len(commands))
        if not self._intake.has_room(len(commands)):
            self._counts.refused_overloaded += len(commands)
            return answers_wire.encode([Refused(Refusal.OVERLOADED)] * len(commands))
        return answers_wire.encode(await self._intake.put(commands))

    async def await_leg(self, opened_by: LegId, timeout_s: float) -> None:
        """Returns when the leg that a record opened, if any, is no longer open, or after the
        time-out."""
        await self._waiters.until_ended(opened_by, timeout_s)

    async def heartbeat(self) -> bool:
        """Whether it takes payments; that an answer comes at all says that its loop runs."""
        return self._turns.ready

    def stats(self) -> dict[str, int | float | str]:
        """Counters since the start, and gauges of this moment."""
        book, now = self._book, now_us()
        return {
            "name": self.name,
            **self._counts.all(),
            "queue": len(self._intake),
            "accounts_in_memory": len(book.accounts),
            "payments_in_memory": len(book.payments),
            "open_legs": book.open_legs,
            "partition_lag_us": max((now - p.at for p in book.partitions.values()), default=0),
            "leg_calls_failed": self._legs.calls_failed,
            "legs_parked": len(self._legs.parked),
            "epoch": max((p.epoch for p in book.partitions.values()), default=0),
            "ready": int(self._turns.ready),
        }

    async def _keep_looking(self) -> None:
        await self._due.keep_looking(lambda: self._turns.ready)

    async def _to_counterpart(self, actor: int, legs: PostLegs) -> LegsAnswer:
        if actor != self.index:
            return await self._post_elsewhere(actor, legs)
        (answer,) = await self._intake.put_legs(legs)
        return answer

    def _park(self, leg: OpenLeg, failures: int, error: str) -> None:
        self._parked.park(leg, failures, error)
