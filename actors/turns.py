"""The turns of one writer: gathers, decides, commits, and takes back what was rolled back.

While a batch is committed the next one is gathered, loaded, scored and decided on top of it; at
most one waits for the other. Nothing is answered before its commit. Between the moment a batch is
decided and the end of that decision nothing is awaited: async actors interleave at every await.

Only what leaves it unknown whether memory is right is doubt, and makes the actor forget. A command
that raises is answered alone; a batch that is rolled back for certain is taken back from memory.
"""

import asyncio
import time
from enum import Enum, auto
from random import random

import asyncpg
import structlog

from headrace.actors.counts import Counts
from headrace.actors.debtor_order import DebtorOrder
from headrace.actors.deciding import Decided, decide_batch
from headrace.actors.intake import WORTH_A_BATCH, Intake, Item
from headrace.actors.known_keys import KnownKeys, answer_refused_again
from headrace.actors.memory import Memory
from headrace.actors.scoring import Scoring, Verdicts
from headrace.actors.writer import Deposed, Outcome, Writer
from headrace.runtime.clock import now_us
from headrace.runtime.ids import NewPaymentId
from headrace.runtime.ledger.bring_in import Needs
from headrace.runtime.payments.answer import Refused
from headrace.runtime.payments.decide import Given
from headrace.runtime.payments.decide_payment import Times
from headrace.runtime.payments.wanted import Legs
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings import Settings

log = structlog.get_logger("headrace.partition")

UNREACHABLE = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
"""How a database that is away shows itself."""

NARROWER = 8
"""What can't be carried out is looked for in batches so many times smaller, down to one command."""


class Turn(Enum):
    """What comes next."""

    WAIT = auto()
    """Nothing is to be decided: until something is, or a commit has ended."""
    FINISH = auto()
    """A commit is under way, and what waits isn't worth a batch of its own beside it."""
    DECIDE = auto()
    """What waits makes the next batch."""


class Turns:
    """`run` goes on until the actor is deposed. `ready` says whether it takes payments."""

    def __init__(
        self, name: str, settings: Settings, memory: Memory, writer: Writer, intake: Intake,
        scoring: Scoring, counts: Counts, new_id: NewPaymentId,
    ) -> None:  # fmt: skip
        self.ready = False
        self.deposed = asyncio.Event()
        self.under_way: Decided | None = None
        """The batch that is being committed."""
        self._name = name
        self._settings = settings
        self._memory = memory
        self._book = memory.book
        self._writer = writer
        self._intake = intake
        self._scoring = scoring
        self._counts = counts
        self._new_id = new_id
        self._times = Times(settings.partition.hold_expires_s, settings.partition.review_expires_s)
        self._committing: asyncio.Task[Outcome] | None = None
        self._decided_at = 0
        """Microseconds. Each batch's time is later than any before it, also where the clock is not:
        what was told as of a committed moment stays so."""
        self._batch_number = 0
        self._committed_number = 0
        self._most = settings.partition.batch_payments_max
        """Commands of a batch; fewer while one of them can't be carried out."""
        self._gave_way = 0
        """Commits in a row."""
        self._known_keys = KnownKeys(settings.partition.key_repeats_s)
        self._order = DebtorOrder()

    async def run(self) -> None:
        """For ever: when deposed, it decides nothing more."""
        while not self.deposed.is_set():
            try:
                await self._turn()
            except Deposed as error:
                self._depose(error)
            except Exception:
                log.exception("turn_failed", actor=self._name)
                try:
                    await self._doubt([])
                except Deposed as error:
                    self._depose(error)
        await asyncio.Event().wait()

    async def start(self, *, first: bool = True) -> None:
        """Makes memory anew from the ledger. Raises what Memory.load raises."""
        await self._memory.load(first=first)
        newest = max((p.at for p in self._book.partitions.values()), default=0)
        self._decided_at = max(self._decided_at, newest)
        self.ready = True

    async def stop(self) -> None:
        """What is not committed yet gets no answer."""
        self.ready = False
        if self._committing is not None:
            self._committing.cancel()
            await asyncio.gather(self._committing, return_exceptions=True)

    def _depose(self, error: Deposed) -> None:
        """Another writes now: nothing is decided here any more."""
        log.warning("deposed", actor=self._name, partitions=str(error))
        self.ready = False
        self._refuse_all(Refusal.UNAVAILABLE)
        self.deposed.set()

    async def _turn(self) -> None:
        match self._next():
            case Turn.WAIT:
                await self._wait()
            case Turn.FINISH:
                await self._finish_commit(None)
            case Turn.DECIDE:
                await self._decide_next()

    def _next(self) -> Turn:
        if not self._intake:
            return Turn.WAIT
        narrow = self._most < self._settings.partition.batch_payments_max
        if self._committing is not None and (narrow or len(self._intake) < WORTH_A_BATCH):
            return Turn.FINISH
        return Turn.DECIDE

    async def _wait(self) -> None:
        waiting = [asyncio.ensure_future(self._intake.filled())]
        if self._committing is not None:
            waiting.append(self._committing)  # type: ignore[arg-type]  # whatever it returns
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        waiting[0].cancel()
        if self._committing is not None and self._committing.done():
            await self._finish_commit(None)

    async def _decide_next(self) -> None:
        items = self._intake.take(self._most) if self._most > 1 else self._intake.take_one()
        self._book.stop_counting()
        needs = self._needs(items)
        if needs is None:
            return
        if self.under_way is not None and needs.must_wait_for(self.under_way.batch.payments):
            self._intake.put_back(items)
            await self._finish_commit(None)
            return
        decided = await self._decided(items, needs)
        if decided is None or not await self._finish_commit(decided):
            return
        self.under_way = decided
        self._committing = asyncio.create_task(self._commit(decided))
        self._counts.evicted += self._book.evict(
            self._settings.partition.accounts_in_memory_max,
            self._settings.partition.payments_in_memory_max,
            self._committed_number,
            self._settings.partition.windows_in_memory_max,
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
            decided = self._decide(items, legs, await self._scoring.verdicts(items))
            if decided.refuses():
                await answer_refused_again(self._writer.reader, items, decided.answers)
        except Exception as error:
            if isinstance(error, UNREACHABLE) and not isinstance(error, asyncpg.DataError):
                log.warning("not_decided", actor=self._name, error=repr(error))
                await self._doubt(items)
            else:
                self._set_apart(items, decided, error)
        else:
            return decided
        return None

    def _without_strays(self, items: list[Item], astray: set[int]) -> list[Item]:
        """Puts off what has come to the wrong actor, with a word."""
        log.error("not_ours", actor=self._name, commands=len(astray))
        for at in astray:
            _, submission, index = items[at]
            submission.answer(index, Refused(Refusal.UNAVAILABLE))
        return [item for at, item in enumerate(items) if at not in astray]

    def _decide(self, items: list[Item], legs: Legs, verdicts: Verdicts) -> Decided:
        started = time.perf_counter_ns()
        self._decided_at = max(now_us(), self._decided_at + 1)
        given = Given(self._decided_at, self._times, verdicts, legs, self._new_id)
        decided = decide_batch(self._book, self._batch_number + 1, items, given, self._order)
        self._batch_number = decided.batch.number
        self._counts.commands_failed += decided.failed
        self._counts.decide_us += (time.perf_counter_ns() - started) // 1000
        return decided

    def _set_apart(self, items: list[Item], decided: Decided | None, error: Exception) -> None:
        """Something in the items can't be loaded, decided or written: they are tried again in
        smaller batches, until what is to blame stands alone and is answered so."""
        if decided is not None:
            self._book.undo(decided.batch)
        if len(items) > 1:
            log.warning("batch_failed", actor=self._name, commands=len(items), error=repr(error))
            self._intake.put_back(items)
            self._most = max(1, min(self._most, len(items)) // NARROWER)
            return
        for command, submission, index in items:
            log.error(
                "command_failed", actor=self._name, command=type(command).__name__, exc_info=error
            )
            self._counts.commands_failed += 1
            submission.answer(index, Refused(Refusal.INTERNAL_ERROR))

    async def _commit(self, decided: Decided) -> Outcome:
        """Writes the batch and, once it is durable, answers; runs while the next is decided."""
        started = time.perf_counter_ns()
        outcome = await self._writer.commit(decided.ready, decided.refuses())
        if outcome is Outcome.COMMITTED:
            commit_us = (time.perf_counter_ns() - started) // 1000
            for (_, submission, index), answer in zip(decided.items, decided.answers, strict=True):
                submission.answer(index, answer)
            self._committed_number = decided.batch.number
            self._counts.committed(decided.batch, commit_us)
            self._scoring.committed(decided.batch)
            self._memory.committed(decided.batch)
        return outcome

    async def _finish_commit(self, on_top: Decided | None) -> bool:
        """Waits for the commit under way. When it failed, takes it and what was decided on top of
        it back, and returns False."""
        if self._committing is None or self.under_way is None:
            return True
        outcome, below = await self._outcome(self._committing), self.under_way
        self._committing = self.under_way = None
        if outcome is Outcome.COMMITTED:
            self._most = min(self._most * 2, self._settings.partition.batch_payments_max)
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
            self._counts.conflicts += 1
            self._known_keys.rolled_back(below.items + on_top_items)
        else:
            await self._give_way()
        return False

    async def _outcome(self, committing: asyncio.Task[Outcome]) -> Outcome:
        """An error while answering, after the commit, leaves it in doubt what memory has seen."""
        try:
            return await committing
        except Exception:
            log.exception("not_answered", actor=self._name)
            return Outcome.IN_DOUBT

    async def _give_way(self) -> None:
        """After PostgreSQL rolled a commit back for others: once more, a little later."""
        self._counts.commits_gave_way += 1
        self._gave_way += 1
        if self._gave_way > self._settings.partition.gave_way_max:
            self._gave_way = 0
            await self._doubt([])
        else:
            pause_s = self._settings.partition.gave_way_pause_s
            await asyncio.sleep(pause_s * self._gave_way * (0.5 + random()))

    def _refuse_all(self, refusal: Refusal) -> None:
        for _, submission, index in self._intake.take(len(self._intake)):
            submission.answer(index, Refused(refusal))

    async def _doubt(self, items: list[Item]) -> None:
        """Forgets everything, lets the clients retry with the same keys, and loads anew."""
        self.ready = False
        self._counts.doubts += 1
        self._known_keys.forget()
        if self._committing is not None:
            outcome = await self._outcome(self._committing)
            if self.under_way is not None and outcome is not Outcome.COMMITTED:
                items = self.under_way.items + items
            self._committing = self.under_way = None
        for _, submission, index in items:
            submission.answer(index, Refused(Refusal.UNAVAILABLE))
        self._refuse_all(Refusal.UNAVAILABLE)
        self._memory.forget()
        while not self.ready:
            try:
                await self.start(first=False)
            except Deposed:
                raise
            except Exception as error:  # asked again, for as long as it takes
                log.warning("not_loaded", actor=self._name, error=repr(error))
                await self._writer.pause()
