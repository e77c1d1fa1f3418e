"""The one writer of some partitions: gathers, decides, commits, answers.

While a batch is committed the next one is gathered, loaded, scored and decided on top of it; at
most one waits for the other. Nothing is answered before its commit. Between the moment a batch is
decided and the end of that decision nothing is awaited: async actors interleave at every await.

Only what leaves it unknown whether memory is right is doubt, and makes the actor forget. A command
that raises is answered alone; a batch that is rolled back for certain is taken back from memory.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from random import random
from typing import Protocol

import asyncpg
import structlog

from headrace.actors.deciding import Decided, decide_batch
from headrace.actors.intake import WORTH_A_BATCH, Intake, Item
from headrace.actors.known_keys import KnownKeys, answer_refused_again
from headrace.actors.leg_sender import LegSender
from headrace.actors.text_sealing import text_sealer
from headrace.actors.writer import Deposed, Outcome, Writer
from headrace.runtime.clock import now_us
from headrace.runtime.endless import end_process, endless
from headrace.runtime.ledger import load, parked_legs
from headrace.runtime.ledger.bring_in import Legs, Needs
from headrace.runtime.partitioning import partitions_of
from headrace.runtime.payments import answer as answers_wire
from headrace.runtime.payments import command as commands_wire
from headrace.runtime.payments.answer import LegsAnswer, Refused
from headrace.runtime.payments.book import Book, OpenLeg, Partition, Place
from headrace.runtime.payments.command import Act, Carry, LegCommand, OpenAccount, Pay
from headrace.runtime.payments.decide import Given
from headrace.runtime.payments.decide_payment import Parties, Risk, Times, parties
from headrace.runtime.payments.refusals import Refusal
from headrace.runtime.payments.states import FIRST_KINDS, RecordKind
from headrace.runtime.risk.features import FeatureBatch, Matrix
from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.risk.windows import Windows
from headrace.runtime.settings import Settings

log = structlog.get_logger("headrace.partition")

UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
"""How a database that is away shows itself."""

LOOK_EVERY_S = 1.0
NARROWER = 8
"""What can't be carried out is looked for in batches so many times smaller, down to one command."""
GAVE_WAY_MAX = 10
"""Commits in a row that PostgreSQL rolled back for others; after that the actor starts anew."""
GAVE_WAY_PAUSE_S = 0.005

DEGRADED = int(RiskFlag.DEGRADED)
COUNTERS = (
    "payments",
    "records",
    "batches",
    "commit_us",
    "decide_us",
    "refused_overloaded",
    "doubts",
    "conflicts",
    "commits_gave_way",
    "commands_failed",
    "evicted",
    "risk_degraded",
)
STRANGER = Windows()
"""Of an account that its own batch opens."""


class Scorer(Protocol):
    """Risk's answer to a micro-batch: never raises, never takes longer than its time-out."""

    async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]: ...


class CreditorWindows(Protocol):
    """What is known of creditors, at most as stale as it states."""

    def for_creditor(self, number: int) -> Windows | None: ...

    def observe(self, number: int, occurred_at_us: int, amount: int) -> None: ...


class AccountPartition:
    """Drive it without Ray: `start`, `submit`, `stop`. `deposed` is set when another has taken
    over; whoever runs it then ends it."""

    def __init__(
        self, index: int, name: str, settings: Settings, scorer: Scorer,
        creditors: CreditorWindows,
        carry_elsewhere: Callable[[int, Carry], Awaitable[LegsAnswer]],
        end: Callable[[str], None] = end_process,
        cluster: str = "",
    ) -> None:  # fmt: skip
        """`end` is called when a loop of it has ended that must not; `cluster` is the Ray cluster
        that it runs in, as the ledger calls it."""
        self.name = name
        self.index = index
        self.deposed = asyncio.Event()
        self._settings = settings
        self._scorer = scorer
        self._creditors = creditors
        self._end = end
        self._book = Book(settings.partitions, settings.open_legs_max)
        self._writer = Writer(settings, name, partitions_of(index, settings), cluster)
        self._intake = Intake(settings.queue_payments_max)
        self._carry_elsewhere = carry_elsewhere
        self._legs = LegSender(
            settings.actors, settings.call_payments_max, self._to_counterpart,
            self._intake.put_legs, self._park,
        )  # fmt: skip
        self._to_park: dict[Place, tuple[OpenLeg, int, str]] = {}
        """Legs whose parking is not in the ledger yet."""
        self._times = Times(settings.hold_expires_s, settings.review_expires_s)
        self._ready = False
        self._tasks: list[asyncio.Task[None]] = []
        self._committing: asyncio.Task[Outcome] | None = None
        self._under_way: Decided | None = None
        self._batch_number = 0
        self._committed_number = 0
        self._most = settings.batch_payments_max
        """Commands of a batch; fewer while one of them can't be carried out."""
        self._gave_way = 0
        """Commits in a row."""
        self._known_keys = KnownKeys()
        self._waiters: dict[Place, list[asyncio.Future[None]]] = {}
        self._kinds: Counter[int] = Counter()
        self._counts = dict.fromkeys(COUNTERS, 0)

    @property
    def holder(self) -> str:
        """As the leases name it."""
        return self._writer.holder

    async def start(self) -> None:
        """Takes the partitions over and loads what is open. Raises what the database raises, and
        MasterKeyError."""
        self._book.texts = await text_sealer(self._settings)
        await self._load(await self._writer.take_over(first=True))
        self._tasks = [
            endless(f"{self.name} decides", self._run, self._end),
            endless(f"{self.name} looks at the clock", self._every_second, self._end),
        ]

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
            "open_legs": book.open_legs,
            "partition_lag_us": max((now - p.at for p in book.partitions.values()), default=0),
            "leg_calls_failed": self._legs.calls_failed,
            "legs_parked": len(self._legs.parked),
            "epoch": max((p.epoch for p in book.partitions.values()), default=0),
            "ready": int(self._ready),
        }

    # The loop

    async def _run(self) -> None:
        while not self.deposed.is_set():
            try:
                await self._next()
            except Deposed as error:
                self._depose(error)
            except Exception:
                log.exception("turn_failed", actor=self.name)
                try:
                    await self._doubt([])
                except Deposed as error:
                    self._depose(error)
        await asyncio.Event().wait()

    def _depose(self, error: Deposed) -> None:
        """Another writes now: nothing is decided here any more."""
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
        narrow = self._most < self._settings.batch_payments_max
        if narrow and not await self._finish_commit(None):
            return
        items = self._intake.take(self._most) if self._most > 1 else self._intake.take_one()
        self._book.stop_counting()
        needs = self._needs(items)
        if needs is None:
            return
        if self._under_way is not None and needs.must_wait_for(self._under_way.batch.payments):
            self._intake.put_back(items)
            await self._finish_commit(None)
            return
        decided = await self._decided(items, needs)
        if decided is None:
            return
        if self._committing is not None and not await self._finish_commit(decided):
            return
        self._under_way = decided
        self._committing = asyncio.create_task(self._commit(decided))
        self._counts["evicted"] += self._book.evict(
            self._settings.accounts_in_memory_max,
            self._settings.payments_in_memory_max,
            self._committed_number,
            self._settings.windows_in_memory_max,
        )

    def _needs(self, items: list[Item]) -> Needs | None:
        """None when it could not be told, and they wait for another turn or were answered."""
        try:
            return Needs(self._book, [item[0] for item in items])
        except Exception as error:
            self._set_apart(items, None, error)
            return None

    async def _decided(self, items: list[Item], needs: Needs) -> Decided | None:
        """The batch that the items make; None when they were answered, or wait for another turn."""
        decided = None
        try:
            unknown = self._without_strays(items, needs.astray) if needs.astray else items
            unknown = await self._known_keys.answer(self._writer.reader, unknown)
            if not unknown:
                return None
            if len(unknown) < len(items):
                items = unknown
                needs = Needs(self._book, [item[0] for item in items])
            legs = await needs.bring_in(self._writer.reader, self._batch_number, now_us())
            decided = self._decide(items, legs, await self._score(items))
            await answer_refused_again(self._writer.reader, items, decided.answers)
        except Exception as error:
            if isinstance(error, UNREACHABLE) and not isinstance(error, asyncpg.DataError):
                log.warning("not_decided", actor=self.name, error=repr(error))
                await self._doubt(items)
            else:
                self._set_apart(items, decided, error)
        else:
            return decided
        return None

    def _without_strays(self, items: list[Item], astray: set[int]) -> list[Item]:
        """Puts off what has come to the wrong actor, with a word."""
        log.error("not_ours", actor=self.name, commands=len(astray))
        for at in astray:
            _, submission, place = items[at]
            submission.answer(place, Refused(Refusal.UNAVAILABLE))
        return [item for at, item in enumerate(items) if at not in astray]

    async def _score(self, items: list[Item]) -> dict[int, tuple[Risk, Parties | None]]:
        """By place in the batch, with the parties that were found for it. What has a known key or
        an unknown party is not scored, and is not paid without; an account that the batch itself
        opens is a stranger."""
        rows, amounts, places = FeatureBatch(), [], {}
        now, book = now_us(), self._book
        opening = {(c.tenant, c.account) for c, _, _ in items if isinstance(c, OpenAccount)}
        for place, (command, _, _) in enumerate(items):
            if type(command) is not Pay or (command.tenant, command.key) in book.keys:
                continue
            found: Parties | None = None
            both = parties(book, command)
            if not isinstance(both, Refused):
                found = both
                debtor, creditor = both[0].windows, self._creditors.for_creditor(both[1].number)
            elif opening:
                debtor, creditor = self._strangers(command, opening)
            else:
                continue
            if debtor is None:
                continue
            rows.add(command.amount, command.occurred_at or now, debtor, creditor)
            amounts.append(command.amount)
            places[place] = found
        if not places:
            return {}
        scored = await self._scorer.score(rows.matrix(), amounts)
        return dict(zip(places, zip(scored, places.values(), strict=True), strict=True))

    def _strangers(
        self, command: Pay, opening: set[tuple[int, str]]
    ) -> tuple[Windows | None, Windows | None]:
        """Windows of debtor and creditor, one of whom may be about to be opened; None for a debtor
        that is neither known nor that."""
        debtor = self._book.by_id.get(key := (command.tenant, command.debtor))
        windows = debtor.windows if debtor is not None else STRANGER if key in opening else None
        wanted = command.tenant, command.creditor
        creditor = self._book.by_id.get(wanted) or self._book.creditors.get(wanted)
        return windows, None if creditor is None else self._creditors.for_creditor(creditor.number)

    def _decide(
        self, items: list[Item], legs: Legs, verdicts: dict[int, tuple[Risk, Parties | None]]
    ) -> Decided:
        started = time.perf_counter_ns()
        given = Given(now_us(), self._times, verdicts, legs)
        decided = decide_batch(self._book, self._batch_number + 1, items, given)
        self._batch_number = decided.batch.number
        self._counts["commands_failed"] += decided.failed
        self._counts["decide_us"] += (time.perf_counter_ns() - started) // 1000
        return decided

    def _set_apart(self, items: list[Item], decided: Decided | None, error: Exception) -> None:
        """Something in the items can't be loaded, decided or written: they are tried again in
        smaller batches, until what is to blame stands alone and is answered so."""
        if decided is not None:
            self._book.undo(decided.batch)
        if len(items) > 1:
            log.warning("batch_failed", actor=self.name, commands=len(items), error=repr(error))
            self._intake.put_back(items)
            self._most = max(1, min(self._most, len(items)) // NARROWER)
            return
        for command, submission, place in items:
            log.error(
                "command_failed", actor=self.name, command=type(command).__name__, exc_info=error
            )
            self._counts["commands_failed"] += 1
            submission.answer(place, Refused(Refusal.INTERNAL_ERROR))

    async def _commit(self, decided: Decided) -> Outcome:
        """Writes the batch and, once it is durable, answers; runs while the next is decided."""
        started = time.perf_counter_ns()
        refuses = any(type(answer) is Refused for answer in decided.answers)
        outcome = await self._writer.commit(decided.ready, refuses)
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
        outcome, below = await self._outcome(self._committing), self._under_way
        self._committing = self._under_way = None
        if outcome is Outcome.COMMITTED:
            self._most = min(self._most * 2, self._settings.batch_payments_max)
            self._gave_way = 0
            return True
        on_top_items = on_top.items if on_top is not None else []
        if outcome in (Outcome.IN_DOUBT, Outcome.DEPOSED):
            await self._doubt(below.items + on_top_items)
            return False
        if on_top is not None:
            self._book.undo(on_top.batch)
            self._intake.put_back(on_top_items)
        if outcome is Outcome.UNWRITABLE:
            self._set_apart(below.items, below, ValueError("the ledger can't take it"))
            return False
        self._book.undo(below.batch)
        self._intake.put_back(below.items)
        if outcome is Outcome.ALREADY_THERE:
            self._counts["conflicts"] += 1
            self._known_keys.rolled_back(below.items + on_top_items)
        else:
            await self._give_way()
        return False

    async def _outcome(self, committing: asyncio.Task[Outcome]) -> Outcome:
        """An error while answering, after the commit, leaves it in doubt what memory has seen."""
        try:
            return await committing
        except Exception:
            log.exception("not_answered", actor=self.name)
            return Outcome.IN_DOUBT

    async def _give_way(self) -> None:
        """After PostgreSQL rolled a commit back for others: once more, a little later."""
        self._counts["commits_gave_way"] += 1
        self._gave_way += 1
        if self._gave_way > GAVE_WAY_MAX:
            self._gave_way = 0
            await self._doubt([])
        else:
            await asyncio.sleep(GAVE_WAY_PAUSE_S * self._gave_way * (0.5 + random()))

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
        self._known_keys.forget()
        if self._committing is not None:
            outcome = await self._outcome(self._committing)
            if self._under_way is not None and outcome is not Outcome.COMMITTED:
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
        legs: list[OpenLeg] = []
        for number, (partition, transit_from) in taken.items():
            found = await load.open_legs(reader, number, transit_from)
            book.take_over(partition, found)
            legs += found
        parked = await parked_legs.places(reader, self._writer.partitions)
        self._to_park = {}
        self._legs.hold_back([leg for leg in legs if (leg.partition, leg.seq) in parked])
        legs = [leg for leg in legs if (leg.partition, leg.seq) not in parked]
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

    def _park(self, leg: OpenLeg, failures: int, error: str) -> None:
        self._to_park[leg.partition, leg.seq] = (leg, failures, error)

    async def _every_second(self) -> None:
        """Looks for holds and reviews that are due, and for legs to be parked or released."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if not self._ready:
                continue
            try:
                async with asyncio.timeout(self._settings.commit_timeout_s):
                    await self._expire_holds()
                    if self._legs.parked:
                        await self._keep_parked()
            except Exception as error:  # looked at again in a moment
                log.warning("not_looked", actor=self.name, error=repr(error))

    async def _expire_holds(self) -> None:
        """An expiry is decided in turn, like everything else."""
        clock = await self._writer.clock()
        due = await load.due_holds(clock, self._writer.partitions, now_us())
        if due:
            expiries = [Act(0, p, commands_wire.PaymentAction.EXPIRE) for p in due]
            await self._intake.put(expiries)

    async def _keep_parked(self) -> None:
        """Writes down what was parked, and sends again what somebody released."""
        clock = await self._writer.clock()
        for place, (leg, failures, error) in list(self._to_park.items()):
            await parked_legs.park(clock, leg, failures, error)
            del self._to_park[place]
        known = [place for place in self._legs.parked if place not in self._to_park]
        still = await parked_legs.places(clock, self._writer.partitions)
        self._legs.release([p for p in known if p in self._legs.parked and p not in still])
