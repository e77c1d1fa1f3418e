"""Brings into the book what a batch of commands needs: nothing is loaded that is there already."""

from collections.abc import Collection, Iterable

from headrace.runtime.database.connect import Database
from headrace.runtime.journal.account_numbers import (
    EXTERNAL,
    TRANSIT_IN,
    TRANSIT_OUT,
    partition_of_account,
    system_account,
)
from headrace.runtime.journal.kinds import KINDS
from headrace.runtime.keys import subject_keys
from headrace.runtime.ledger import load
from headrace.runtime.partitioning import partition_of, partition_of_payment
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import (
    Act,
    Arrived,
    Carry,
    ChangeAccount,
    Command,
    Fund,
    OpenAccount,
    Pay,
)
from headrace.runtime.payments.decide_account import needs_counts
from headrace.runtime.payments.open_leg import OpenLeg, ShownLegs
from headrace.runtime.payments.personal_text import subjects

Legs = dict[int, ShownLegs]
"""By the place of their command in the batch."""
Key = tuple[int, str]


class Needs:
    """What a batch of commands needs and the book lacks."""

    def __init__(self, book: Book, commands: Iterable[Command]) -> None:
        self.book = book
        self.ids: set[Key] = set()
        self.creditors: set[Key] = set()
        self.payments: set[bytes] = set()
        self.legs: dict[int, Carry] = {}
        self.limits: set[Key] = set()
        """Accounts whose day's counters must be true."""
        self.opened_as: set[Key] = set()
        """Accounts that are asked to be opened, perhaps again."""
        self.astray: set[int] = set()
        """Places of commands for partitions that are not the book's."""
        self.texts: list[Command] = []
        """Commands that bring a text, which is sealed under a key of its subject."""
        self._system: set[int] = set()
        self._later: list[Command] = []
        """Commands whose accounts are found by number or when something else has been loaded."""
        self._ending: list[OpenLeg] = []
        """Legs whose end moves money."""
        by_id, creditors = book.by_id, book.creditors
        seen: dict[int, int] = {}
        for place, command in enumerate(commands):
            if isinstance(command, Pay):
                if command.details is not None:
                    self.texts.append(command)
                debtor = by_id.get(key := (command.tenant, command.debtor))
                if debtor is None:
                    self._need_id(key, place)
                    self._later.append(command)
                elif seen.get(debtor.partition) != debtor.currency:
                    seen[debtor.partition] = debtor.currency
                    self._system.add(_transit_out(debtor))
                if (key := (command.tenant, command.creditor)) not in by_id:
                    if key in creditors:
                        continue
                    (self.ids if book.owns_id(*key) else self.creditors).add(key)
            elif isinstance(command, Carry):
                self.legs[place] = command
            elif isinstance(command, Arrived):
                self._need_ends(command)
            elif isinstance(command, Act):
                self._later.append(command)
                if command.details is not None:
                    self.texts.append(command)
                if command.payment not in book.payments:
                    self.payments.add(command.payment)
                    if partition_of_payment(command.payment) not in book.partitions:
                        self.astray.add(place)
            else:
                self._later.append(command)
                if (account := by_id.get(key := (command.tenant, command.account))) is None:
                    self._need_id(key, place)
                if isinstance(command, Fund):
                    if command.details is not None:
                        self.texts.append(command)
                elif isinstance(command, OpenAccount):
                    self.opened_as.add(key)
                    self._need_for_new(command)
                elif (
                    isinstance(command, ChangeAccount)
                    and needs_counts(command)
                    and (account is None or not account.counts)
                ):
                    self.limits.add(key)

    def _need_id(self, key: Key, place: int) -> None:
        self.ids.add(key)
        if not self.book.owns_id(*key):
            self.astray.add(place)

    def _need_for_new(self, command: OpenAccount) -> None:
        """What others in the batch may do with an account that it opens."""
        partition = partition_of(command.tenant, command.account, self.book.partitions_total)
        for kind in (EXTERNAL, TRANSIT_OUT):
            self._system.add(system_account(partition, command.currency, kind))

    def _need_ends(self, command: Arrived) -> None:
        book = self.book
        for home, seq, reason in zip(command.homes, command.seqs, command.reasons, strict=True):
            leg = book.partitions[home].open_legs.get(seq)
            if leg is not None:
                if not leg.sole and leg.payment not in book.payments:
                    self.payments.add(leg.payment)
                if leg.refund or reason:
                    self._ending.append(leg)

    def must_wait_for(self, uncommitted: Collection[bytes]) -> bool:
        """Whether the ledger can't answer yet: payments or days that an open batch changed."""
        return bool(self.limits) or not self.payments.isdisjoint(uncommitted)

    async def bring_in(self, db: Database, batch: int, now: int) -> Legs:
        """Loads all of it; returns the legs to be carried, which are never kept.

        `now` in microseconds: partitions whose day is looked up are at least there from then on.
        """
        book = self.book
        loaded: list[Account] = []
        legs = {
            place: await load.legs(db, carry.homes, carry.seqs, carry.again)
            for place, carry in self.legs.items()
        }
        if self.payments:
            for payment in await load.payments(db, self.payments):
                payment.batch = batch
                book.payments[payment.id] = payment
        if self.ids:
            loaded += await load.accounts_by_id(db, list(self.ids), book.windows)
            self._add(loaded, batch)
        if self.creditors:
            book.creditors.update(await load.creditors(db, list(self.creditors)))
        numbers, system = self._numbers(legs)
        if numbers:
            found = await load.accounts_by_number(db, list(numbers), book.windows)
            self._add(found, batch)
            loaded += found
        if system:
            self._add(await load.system_accounts(db, list(system)), batch)
        if reopened := [a for k in self.opened_as if (a := book.by_id.get(k)) and not a.opened_as]:
            await load.opened_as(db, reopened)
        counting = {a.number: a for a in loaded if a.limited_by_day()}
        counting |= {a.number: a for key in self.limits if (a := book.by_id.get(key))}
        if counting:
            await self._count_day(db, list(counting.values()), now)
        if self.texts and book.texts is not None:
            lacking = book.texts.lacking(subjects(book, self.texts))
            if lacking:
                book.texts.learn(lacking, await subject_keys.newest(db, lacking))
        return legs

    def _add(self, accounts: list[Account], batch: int) -> None:
        for account in accounts:
            account.batch = batch
            self.book.add(account)
            self.book.windows.pop(account.number, None)

    async def _count_day(self, db: Database, accounts: list[Account], now: int) -> None:
        """A partition's own time says which day it is, and never runs back behind it."""
        partitions = self.book.partitions
        for number in {account.partition for account in accounts}:
            partitions[number].at = max(partitions[number].at, now)
        times = {number: partition.at for number, partition in partitions.items()}
        await load.count_day(db, accounts, times)

    def _numbers(self, legs: Legs) -> tuple[set[int], set[int]]:
        """Customer and system accounts that are still missing, by number."""
        book = self.book
        numbers: set[int] = set()
        system = self._system
        for shown in legs.values():
            facts = [shown.legs[name].tolist() for name in ("creditor", "currency", "kind")]
            numbers.update(facts[0])
            for creditor, currency, kind in set(zip(*facts, strict=True)):
                way = TRANSIT_OUT if kind in KINDS["opens_refund_leg"] else TRANSIT_IN
                system.add(system_account(partition_of_account(creditor), currency, way))
        for leg in self._ending:
            numbers.add(leg.debtor)
            way = TRANSIT_IN if leg.refund else TRANSIT_OUT
            system.add(system_account(leg.partition, leg.currency, way))
        for command in self._later:
            if isinstance(command, Pay):
                debtor = book.by_id.get((command.tenant, command.debtor))
                if debtor is not None:
                    system.add(_transit_out(debtor))
            elif isinstance(command, Fund):
                account = book.by_id.get((command.tenant, command.account))
                if account is not None:
                    system.add(system_account(account.partition, account.currency, EXTERNAL))
            elif isinstance(command, Act):
                payment = book.payments.get(command.payment)
                if payment is not None:
                    numbers |= {payment.debtor, payment.creditor}
                    home = partition_of_account(payment.debtor)
                    system.add(system_account(home, payment.currency, TRANSIT_OUT))
        known = book.accounts.keys()
        return {n for n in numbers - known if book.owns(n)}, system - known


def _transit_out(debtor: Account) -> int:
    return system_account(debtor.partition, debtor.currency, TRANSIT_OUT)
