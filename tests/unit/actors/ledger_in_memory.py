"""A journal in a list: what an actor asks of PostgreSQL is folded from the list.

A commit waits while `open` is not set, and comes to what `outcomes` says, in turn, when it says
anything.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from support.engine_in_memory import Engine, records_of

from headrace.actors.writer import Outcome
from headrace.runtime.clock import DAY_US
from headrace.runtime.journal.account_numbers import ORDINAL_BITS
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.states import AccountState
from headrace.runtime.ledger import commit
from headrace.runtime.payments.account import Account, Creditor
from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book, Partition
from headrace.runtime.payments.open_leg import LEG, LegId, OpenLeg, ShownLegs
from headrace.runtime.payments.payment import Payment
from headrace.runtime.settings import Settings

TENANT, EUR, PARTITIONS = 5, 978, 4
K = RecordKind


class Ledger:
    """The journal, and what stands beside it."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.epoch = 0
        self.open = asyncio.Event()
        self.open.set()
        self.outcomes: deque[Outcome | Exception] = deque()
        self.unwritable: Callable[[Batch], bool] = lambda batch: False
        self.committing = 0
        """Commits under way."""
        self.tried: list[int] = []
        """Records of each batch that was to be committed."""
        self.due: list[bytes] = []
        self.parked_legs: dict[LegId, tuple[int, str]] = {}
        self.shown: dict[LegId, OpenLeg] = {}
        """Legs that other actors opened."""
        self.claims: list[bool] = []
        """Of each time that the partitions were taken over: whether for the first time."""
        self.unreachable = 0
        """How often it is still away when the partitions are to be taken over."""
        self.laid_out: dict[int, tuple[commit.Commit, Batch]] = {}
        self.pauses = 0

    def prepare(self, batch: Batch, partitions: dict[int, Partition]) -> commit.Commit:
        """As the product does it, and remembers whose layout it is."""
        ready = commit.prepare(batch, partitions)
        self.laid_out[id(ready)] = ready, batch
        return ready

    def append(self, ready: commit.Commit) -> None:
        _, batch = self.laid_out[id(ready)]
        self.engine._append(batch.records + [r for rows in batch.rows for r in records_of(rows)])
        for row in batch.changed.values():
            kept = Account(row.number, row.tenant, row.id, row.currency)
            kept.state = AccountState(row.state)
            kept.set_terms(row.terms)
            self.engine.accounts[row.number] = kept

    def memory(self) -> Book:
        """A book that everything can be loaded into."""
        book = Book(PARTITIONS)
        book.partitions = {n: Partition(n, 1, 0, 0, 0) for n in range(PARTITIONS)}
        return book

    # What is asked of PostgreSQL

    async def accounts_by_id(
        self, db: object, keys: Sequence[tuple[int, str]], windows: object = None
    ) -> list[Account]:
        self.asked(db)
        numbers = {(a.tenant, a.id): n for n, a in self.engine.accounts.items()}
        found = [numbers[key] for key in keys if key in numbers]
        return await self.accounts_by_number(db, found)

    async def accounts_by_number(
        self, db: object, numbers: Sequence[int], windows: object = None
    ) -> list[Account]:
        self.asked(db)
        book = self.memory()
        for number in numbers:
            self.engine._load_number(book, number)
        return list(book.accounts.values())

    async def system_accounts(self, db: object, numbers: Sequence[int]) -> list[Account]:
        self.asked(db)
        accounts = [Account(n, 0, "", EUR) for n in numbers]
        for account in accounts:
            account.posted, _ = self.engine.balance(account.number)
        return accounts

    async def creditors(
        self, db: object, keys: Sequence[tuple[int, str]]
    ) -> list[tuple[tuple[int, str], Creditor]]:
        found = await self.accounts_by_id(db, keys)
        return [((a.tenant, a.id), Creditor(a.number, a.currency, False)) for a in found]

    async def payments(self, db: object, ids: Collection[bytes]) -> list[Payment]:
        self.asked(db)
        found = []
        for id in ids:
            first, *others = [r for r in self.engine.journal if r.payment == id] or [None]
            if first is not None:
                payment = Payment(first)
                for record in others:
                    payment.apply(record)
                found.append(payment)
        return found

    async def opened_as(self, db: object, accounts: Sequence[Account]) -> None:
        for account in accounts:
            account.opened_as = account.terms()

    async def count_day(self, db: object, accounts: Sequence[Account], times: Any) -> None:
        for account in accounts:
            account.counts, account.day = True, times[account.partition] // DAY_US

    async def legs(
        self, db: object, homes: list[int], seqs: list[int], again: bool
    ) -> ShownLegs:  # fmt: skip
        self.asked(db)
        legs = [leg for key in zip(homes, seqs, strict=True) if (leg := self.shown.get(key))]
        shown = np.zeros(len(legs), LEG)
        for n, leg in enumerate(legs):
            kind = K.REFUND_REQUESTED if leg.refund else K.DEBITED
            shown[n] = (n, kind, leg.leg, leg.tenant, leg.currency, leg.amount, leg.creditor,
                        self.engine.now, leg.payment, leg.trace)  # fmt: skip
        return ShownLegs(shown, {})

    async def open_legs(self, db: object, partition: int, since: int, page: int) -> list[OpenLeg]:
        self.asked(db)
        ended = {(r.payment, r.leg) for r in self.engine.journal
                 if r.kind in (K.COMPLETED, K.RETURNED)}  # fmt: skip
        return [
            OpenLeg(r.payment, r.leg, r.partition, r.seq, False, True, r.tenant, r.currency,
                    r.amount, r.debit, r.creditor, r.trace)
            for r in self.engine.journal
            if (r.kind, r.partition) == (K.DEBITED, partition) and (r.payment, r.leg) not in ended
        ]  # fmt: skip

    async def due_holds(
        self, db: object, partitions: Sequence[int], now: int, most: int
    ) -> list[bytes]:
        due, self.due = self.due[:most], self.due[most:]
        return due

    async def keys(
        self, db: object, wanted: Sequence[tuple[int, str]]
    ) -> dict[tuple[int, str], tuple[int, Done]]:
        self.asked(db)
        return {
            (r.tenant, r.key): (
                r.fingerprint, Done(r.partition, r.seq, r.at, r.payment, r.state, r.reason)
            )
            for r in self.engine.journal
            if (r.tenant, r.key) in wanted
        }  # fmt: skip

    async def park(self, db: object, leg: OpenLeg, failures: int, error: str) -> None:
        self.parked_legs[leg.partition, leg.seq] = failures, error

    async def parked(self, db: object, partitions: Sequence[int]) -> set[LegId]:
        self.asked(db)
        return set(self.parked_legs)

    def asked(self, db: object) -> None:
        if db is not self:
            raise AssertionError("not asked over a connection")


class Writer:
    """As actors/writer.py has it, to the ledger in memory."""

    ledger: Ledger

    def __init__(
        self, settings: Settings, name: str, partitions: list[int], cluster: str = ""
    ) -> None:
        self.holder = f"{name}/1"
        self.partitions = partitions
        self.reader = self.ledger

    async def take_over(self, *, first: bool) -> dict[int, tuple[Partition, int]]:
        ledger = self.ledger
        if ledger.unreachable:
            ledger.unreachable -= 1
            raise OSError("away")
        ledger.claims.append(first)
        ledger.epoch += 1
        ends = ledger.engine.ends
        ordinals = [4_095, *(n & (1 << ORDINAL_BITS) - 1 for n in ledger.engine.accounts)]
        return {
            n: (Partition(n, ledger.epoch, ends[n], 0, max(ordinals)), 0) for n in self.partitions
        }

    async def commit(self, ready: commit.Commit, refuses: bool) -> Outcome:
        ledger = self.ledger
        ledger.committing += 1
        await ledger.open.wait()
        ledger.committing -= 1
        if not ready.records:
            return Outcome.COMMITTED
        ledger.tried.append(ready.records)
        if ledger.unwritable(ledger.laid_out[id(ready)][1]):
            return Outcome.UNWRITABLE
        outcome = ledger.outcomes.popleft() if ledger.outcomes else Outcome.COMMITTED
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is Outcome.COMMITTED:
            ledger.append(ready)
        return outcome

    async def clock(self) -> Ledger:
        return self.ledger

    async def pause(self) -> None:
        self.ledger.pauses += 1

    async def close(self) -> None: ...
