"""The one writer of some partitions: gathers, decides, commits, answers.

While a batch is committed the next one is gathered, loaded, scored and decided on top of it; at
most one waits for the other. Nothing is answered before its commit. Between the moment a batch is
decided and the end of that decision nothing is awaited: async actors interleave at every await.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import asyncpg
import structlog

from headrace.actors.intake import WORTH_A_BATCH, Intake, Item
from headrace.actors.known_keys import answer_known, answer_refused_again
from headrace.actors.leg_sender import LegSender
from headrace.actors.writer import Deposed, Outcome, Writer
from headrace.runtime.clock import now_us
from headrace.runtime.ledger import commit, load
from headrace.runtime.ledger.bring_in import Legs, Needs
from headrace.runtime.payments import answer as answers_wire
from headrace.runtime.payments import command as commands_wire
from headrace.runtime.payments.answer import Answer, LegsAnswer, Refused
from headrace.runtime.payments.book import Batch, Book, OpenLeg, Partition, Place, ShownLegs
from headrace.runtime.payments.command import (
    Act,
    Arrived,
    Carry,
    ChangeAccount,
    Command,
    Fund,
    LegCommand,
    OpenAccount,
    Pay,
)
from headrace.runtime.payments.decide_account import decide_change, decide_fund, decide_open
from headrace.runtime.payments.decide_action import decide_action
from headrace.runtime.payments.decide_legs import decide_arrived, decide_carry
from headrace.runtime.payments.decide_payment import (
    NOT_SCORED,
    Parties,
    Risk,
    Times,
    decide_payment,
    parties,
)
from headrace.runtime.payments.refusals import Refusal
from headrace.runtime.payments.states import FIRST_KINDS, RecordKind
from headrace.runtime.risk.features import FeatureBatch, Matrix
from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.risk.windows import Windows
from headrace.runtime.settings import Settings

log = structlog.get_logger("headrace.partition")

UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
"""How a database that is away shows itself."""

HOLDS_EVERY_S = 1.0
LOOK_UP_BATCHES = 50
"""After a known key cost a rollback, keys are looked up beforehand for this many batches."""


DEGRADED = int(RiskFlag.DEGRADED)
UNSCORED = (NOT_SCORED, None)
COUNTERS = (
    "payments",
    "records",
    "batches",
    "commit_us",
    "decide_us",
    "refused_overloaded",
    "doubts",
    "conflicts",
    "evicted",
    "risk_degraded",
)


class Scorer(Protocol):
    """Risk's answer to a micro-batch: never raises, never takes longer than its time-out."""

    async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]: ...


class CreditorWindows(Protocol):
    """What is known of creditors, at most as stale as it states."""

    def for_creditor(self, number: int) -> Windows | None: ...

    def observe(self, number: int, occurred_at_us: int, amount: int) -> None: ...


@dataclass(slots=True)
class Decided:
    """A batch decided and laid out, waiting for its commit and then for its answers."""

    batch: Batch
    ready: commit.Commit
    items: list[Item]
    answers: list[Answer | LegsAnswer]


class AccountPartition:
    """Drive it without Ray: `start`, `submit`, `stop`. `deposed` is set when another has taken
    over; whoever runs it then ends it."""

    def __init__(
        self, index: int, name: str, settings: Settings, scorer: Scorer,
        creditors: CreditorWindows,
        carry_elsewhere: Callable[[int, Carry], Awaitable[LegsAnswer]],
    ) -> None:  # fmt: skip
        self.name = name
        self.index = index
        self.deposed = asyncio.Event()
        self._settings = settings
        self._scorer = scorer
        self._creditors = creditors
        self._book = Book(settings.partitions)
        self._writer = Writer(
            settings, name, [p for p in range(settings.partitions) if p % settings.actors == index]
        )
        self._intake = Intake(settings.queue_payments_max)
        self._carry_elsewhere = carry_elsewhere
        self._legs = LegSender(
            settings.actors, settings.call_payments_max, self._to_counterpart, self._intake.put_legs
        )
        self._times = Times(settings.hold_expires_s, settings.review_expires_s)
        self._ready = False
        self._tasks: list[asyncio.Task[None]] = []
        self._committing: asyncio.Task[Outcome] | None = None
        self._under_way: Decided | None = None
        self._batch_number = 0
        self._committed_number = 0
        self._look_up_until = 0
        self._waiters: dict[Place, list[asyncio.Future[None]]] = {}
        self._kinds: Counter[int] = Counter()
        self._counts = dict.fromkeys(COUNTERS, 0)

    async def start(self) -> None:
        """Takes the partitions over and loads what is open. Raises what the database raises."""
        await self._load(await self._writer.take_over(first=True))
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._expire_holds())]

    async def stop(self) -> None:
        """Ends the loop; what is not committed yet gets no answer."""
        self._ready = False
        self._legs.forget()
        tasks = [*self._tasks, *([self._committing] if self._committing else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._writer.close()

    async def submit(self, data: bytes) -> bytes:
        """MessagePack commands to answers, in their order. Refuses at once what it can't take."""
        commands = commands_wire.decode(data)
        if not commands:
            return answers_wire.encode([])
        first = commands[0]
        if isinstance(first, LegCommand):
            if not self._ready:
                return answers_wire.encode(Refused(Refusal.UNAVAILABLE))
            (answer,) = await self._intake.put_legs(first)
            return answers_wire.encode(answer)
        if not self._ready:
            return answers_wire.encode([Refused(Refusal.UNAVAILABLE)] * len(commands))
        if not self._intake.has_room(len(commands)):
            self._counts["refused_overloaded"] += len(commands)
            return answers_wire.encode([Refused(Refusal.OVERLOADED)] * len(commands))
        return answers_wire.encode(await self._intake.put(commands))

    async def await_leg(self, opened_by: Place, timeout_s: float) -> None:
        """Returns when the leg that a record opened, if any, is no longer open, or after the
        time-out."""
        if not self._book.under_way(opened_by):
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(opened_by, []).append(waiter)
        await asyncio.wait([waiter], timeout=timeout_s)
        if not waiter.done() and (waiting := self._waiters.get(opened_by)):
            waiting.remove(waiter)
            if not waiting:
                del self._waiters[opened_by]

    def _wake(self, opened_by: Place) -> None:
        for waiter in self._waiters.pop(opened_by, ()):
            if not waiter.done():
                waiter.set_result(None)

    async def heartbeat(self) -> bool:
        """Whether it takes payments; that an answer comes at all says that its loop runs."""
        return self._ready

    def stats(self) -> dict[str, int | float | str]:
        """Counters since the start, and gauges of this moment."""
        book, now = self._book, now_us()
        return {
            "name": self.name,
            **self._counts,
            **{f"records_{kind.name.lower()}": self._kinds[kind] for kind in RecordKind},
            "queue": len(self._intake),
            "accounts_in_memory": len(book.accounts),
            "payments_in_memory": len(book.payments),
            "open_legs": sum(len(p.open_legs) for p in book.partitions.values()),
            "partition_lag_us": max((now - p.at for p in book.partitions.values()), default=0),
            "leg_calls_failed": self._legs.calls_failed,
            "epoch": max((p.epoch for p in book.partitions.values()), default=0),
            "ready": int(self._ready),
        }

    # The loop

    async def _run(self) -> None:
        try:
            while True:
                try:
                    await self._next()
                except Deposed:
                    raise
                except Exception:
                    log.exception("turn_failed", actor=self.name)
                    await self._doubt([])
        except Deposed as error:
            log.warning("deposed", actor=self.name, partitions=str(error))
            self._ready = False
            self._refuse_all(Refusal.UNAVAILABLE)
            self.deposed.set()

    async def _next(self) -> None:
        """One turn: finish a commit when there is nothing to decide, else decide a batch."""
        if not self._intake:
            waiting = [asyncio.ensure_future(self._intake.filled())]
            if self._committing is not None:
                waiting.append(self._committing)  # type: ignore[arg-type]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            waiting[0].cancel()
            if self._committing is not None and self._committing.done():
                await self._finish_commit(None)
            return
        if self._committing is not None and len(self._intake) < WORTH_A_BATCH:
            await self._finish_commit(None)
        items = self._intake.take(self._settings.batch_payments_max)
        try:
            items, legs = await self._bring_in(items)
            if not items:
                return
            decided = self._decide(items, legs, await self._score(items))
            await answer_refused_again(self._writer.reader, items, decided.answers)
        except Exception as error:  # most likely a database that is away
            away = isinstance(error, UNREACHABLE)
            log.warning("not_decided", actor=self.name, error=repr(error), exc_info=not away)
            await self._doubt(items)
            return
        if self._committing is not None and not await self._finish_commit(decided):
            return
        self._under_way = decided
        self._committing = asyncio.create_task(self._commit(decided))
        self._counts["evicted"] += self._book.evict(
            self._settings.accounts_in_memory_max,
            self._settings.payments_in_memory_max,
            self._committed_number,
        )

    async def _bring_in(self, items: list[Item]) -> tuple[list[Item], Legs]:
        """Loads what the batch needs; answers at once what the ledger knows already."""
        if self._batch_number < self._look_up_until:
            items = await self._without_known(items)
        commands = [item[0] for item in items]
        needs = Needs(self._book, commands)
        if self._under_way is not None and needs.must_wait_for(self._under_way.batch.payments):
            if not await self._finish_commit(None):
                self._intake.put_back(items)
                return [], {}
            needs = Needs(self._book, commands)
        return items, await needs.bring_in(self._writer.reader, self._batch_number)

    async def _without_known(self, items: list[Item]) -> list[Item]:
        """Answers at once what has a known key, and marks what may have been carried out."""
        rest = await answer_known(self._writer.reader, items)
        if len(rest) < len(items):
            self._look_up_until = self._batch_number + LOOK_UP_BATCHES
        for command, _, _ in rest:
            if isinstance(command, Carry):
                command.again = True
        return rest

    async def _score(self, items: list[Item]) -> dict[int, tuple[Risk, Parties]]:
        """By place in the batch, with the parties that were found for it. What has a known key or
        an unknown party is not scored."""
        rows, amounts, places = FeatureBatch(), [], {}
        now, book = now_us(), self._book
        for place, (command, _, _) in enumerate(items):
            if type(command) is not Pay or (command.tenant, command.key) in book.keys:
                continue
            both = parties(book, command)
            if isinstance(both, Refused) or (debtor := both[0].windows) is None:
                continue
            creditor = self._creditors.for_creditor(both[1].number)
            rows.add(command.amount, command.occurred_at or now, debtor, creditor)
            amounts.append(command.amount)
            places[place] = both
        if not places:
            return {}
        scored = await self._scorer.score(rows.matrix(), amounts)
        return dict(zip(places, zip(scored, places.values(), strict=True), strict=True))

    def _decide(
        self, items: list[Item], legs: Legs, scored: dict[int, tuple[Risk, Parties]]
    ) -> Decided:
        started = time.perf_counter_ns()
        self._batch_number += 1
        book, batch, now, times = self._book, Batch(self._batch_number), now_us(), self._times
        answers: list[Answer | LegsAnswer] = []
        for place, (command, _, _) in enumerate(items):
            if type(command) is Pay:
                risk, both = scored.get(place, UNSCORED)
                answers.append(decide_payment(book, batch, command, now, risk, times, both))
            else:
                answers.append(self._decide_other(batch, command, legs.get(place), now))
        decided = Decided(batch, commit.prepare(batch, book.partitions), items, answers)
        self._counts["decide_us"] += (time.perf_counter_ns() - started) // 1000
        return decided

    def _decide_other(
        self, batch: Batch, command: Command, legs: ShownLegs | None, now: int
    ) -> Answer | LegsAnswer:
        book = self._book
        match command:
            case Carry():
                if legs is None:
                    raise LookupError("legs were not looked up")
                return decide_carry(book, batch, command, legs, now)
            case Arrived():
                return decide_arrived(book, batch, command, now)
            case Act():
                return decide_action(book, batch, command, now, self._times)
            case Fund():
                return decide_fund(book, batch, command, now)
            case OpenAccount():
                return decide_open(book, batch, command, now)
            case ChangeAccount():
                return decide_change(book, batch, command, now)
            case Pay():
                raise TypeError("payments are decided with their risk")

    async def _commit(self, decided: Decided) -> Outcome:
        """Writes the batch and, once it is durable, answers; runs while the next is decided."""
        started = time.perf_counter_ns()
        outcome = await self._writer.commit(decided.batch, decided.ready)
        if outcome is Outcome.COMMITTED:
            self._counts["commit_us"] += (time.perf_counter_ns() - started) // 1000
            self._counts["batches"] += 1
            self._answer(decided)
        return outcome

    async def _finish_commit(self, on_top: Decided | None) -> bool:
        """Waits for the commit under way. When it failed, takes it and what was decided on top of
        it back, and returns False."""
        if self._committing is None or self._under_way is None:
            return True
        outcome, below = await self._committing, self._under_way
        self._committing = self._under_way = None
        if outcome is Outcome.COMMITTED:
            return True
        if on_top is not None:
            self._book.undo(on_top.batch)
        self._book.undo(below.batch)
        items = below.items + (on_top.items if on_top is not None else [])
        if outcome is Outcome.ALREADY_THERE:
            self._counts["conflicts"] += 1
            self._look_up_until = self._batch_number + LOOK_UP_BATCHES
            self._intake.put_back(items)
        else:
            await self._doubt(items)
        return False

    # Answers

    def _answer(self, decided: Decided) -> None:
        """The batch is durable: tells everybody."""
        batch, counts = decided.batch, self._counts
        for (_, submission, place), answer in zip(decided.items, decided.answers, strict=True):
            submission.answer(place, answer)
        self._committed_number = batch.number
        self._book.committed(batch)
        counts["records"] += len(batch)
        self._kinds.update([record.kind for record in batch.records])
        for rows in batch.rows:
            self._kinds.update(rows["kind"].tolist())
        observe, payments, degraded = self._creditors.observe, 0, 0
        for record in batch.records:
            if record.kind in FIRST_KINDS:
                payments += 1
                degraded += record.risk_flags & DEGRADED
                if record.kind != RecordKind.DECLINED:
                    observe(record.creditor, record.occurred_at, record.amount)
        counts["payments"] += payments
        counts["risk_degraded"] += degraded
        if batch.legs_opened:
            self._legs.send(batch.legs_opened)
        if self._waiters:
            for leg in batch.legs_closed:
                self._wake((leg.partition, leg.seq))

    def _refuse_all(self, refusal: Refusal) -> None:
        for _, submission, place in self._intake.take(len(self._intake)):
            submission.answer(place, Refused(refusal))

    # Doubt

    async def _doubt(self, items: list[Item]) -> None:
        """Forgets everything, lets the clients retry with the same keys, and loads anew."""
        self._ready = False
        self._counts["doubts"] += 1
        if self._committing is not None:
            await asyncio.gather(self._committing, return_exceptions=True)
            if self._under_way is not None and self._committing.result() is not Outcome.COMMITTED:
                items = self._under_way.items + items
            self._committing = self._under_way = None
        for _, submission, place in items:
            submission.answer(place, Refused(Refusal.UNAVAILABLE))
        self._refuse_all(Refusal.UNAVAILABLE)
        self._legs.forget()
        while not self._ready:
            try:
                await self._load(await self._writer.take_over(first=False))
            except Deposed:
                raise
            except Exception as error:  # asked again, for as long as it takes
                log.warning("not_loaded", actor=self.name, error=repr(error))
                await self._writer.pause()

    async def _load(self, taken: dict[int, tuple[Partition, int]]) -> None:
        """Starts the memory again: open legs are sent at once, everything else when needed."""
        book, reader = self._book, self._writer.reader
        book.forget_all()
        book.partitions = {number: partition for number, (partition, _) in taken.items()}
        legs: list[OpenLeg] = []
        for number, (partition, transit_from) in taken.items():
            found = await load.open_legs(reader, number, transit_from)
            partition.open_legs = {leg.seq: leg for leg in found}
            legs += found
        self._ready = True
        self._legs.send(legs, again=True)
        for opened_by in [place for place in self._waiters if not book.under_way(place)]:
            self._wake(opened_by)
        log.info("loaded", actor=self.name, partitions=len(taken), open_legs=len(legs))

    # What our own records call for

    async def _to_counterpart(self, actor: int, legs: Carry) -> LegsAnswer:
        if actor != self.index:
            return await self._carry_elsewhere(actor, legs)
        (answer,) = await self._intake.put_legs(legs)
        return answer

    async def _expire_holds(self) -> None:
        """Looks every second for holds and reviews that are due: an expiry is decided in turn."""
        while True:
            await asyncio.sleep(HOLDS_EVERY_S)
            if not self._ready:
                continue
            try:
                due = await self._writer.due_holds(now_us())
            except Exception as error:  # asked again in a moment
                log.warning("holds_not_read", actor=self.name, error=repr(error))
                continue
            if due:
                expiries = [Act(0, p, commands_wire.PaymentAction.EXPIRE) for p in due]
                await self._intake.put(expiries)
