"""Brings into the book what a batch of commands needs: nothing is loaded that is there already."""

from collections.abc import Iterable

from headrace.runtime.ledger import load
from headrace.runtime.ledger.connect import Database
from headrace.runtime.partitioning import EXTERNAL, TRANSIT_IN, TRANSIT_OUT, system_account
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.book import Book, OpenLeg, ShownLegs
from headrace.runtime.payments.command import (
    Act,
    Arrived,
    Carry,
    ChangeAccount,
    Command,
    Fund,
    Pay,
)
from headrace.runtime.payments.states import RecordKind

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
        self._system: set[int] = set()
        self._later: list[Command] = []
        """Commands whose accounts are found by number or when something else has been loaded."""
        self._ending: list[OpenLeg] = []
        """Legs whose end moves money."""
        by_id, creditors = book.by_id, book.creditors
        seen: dict[int, int] = {}
        for place, command in enumerate(commands):
            if isinstance(command, Pay):
                debtor = by_id.get(key := (command.tenant, command.debtor))
                if debtor is None:
                    self.ids.add(key)
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
                if command.payment not in book.payments:
                    self.payments.add(command.payment)
            else:
                self._later.append(command)
                if (key := (command.tenant, command.account)) not in by_id:
                    self.ids.add(key)
                if isinstance(command, ChangeAccount) and _sets_limits(command):
                    self.limits.add(key)

    def _need_ends(self, command: Arrived) -> None:
        book = self.book
        for home, seq, reason in zip(command.homes, command.seqs, command.reasons, strict=True):
            leg = book.partitions[home].open_legs.get(seq)
            if leg is not None:
                if not leg.sole and leg.payment not in book.payments:
                    self.payments.add(leg.payment)
                if leg.refund or reason:
                    self._ending.append(leg)

    def must_wait_for(self, uncommitted: set[bytes]) -> bool:
        """Whether the ledger can't answer yet: payments or days that an open batch changed."""
        return bool(self.limits) or not self.payments.isdisjoint(uncommitted)

    async def bring_in(self, db: Database, batch: int) -> Legs:
        """Loads all of it; returns the legs to be carried, which are never kept."""
        book = self.book
        legs = {
            place: await load.legs(db, carry.homes, carry.seqs, carry.again)
            for place, carry in self.legs.items()
        }
        if self.payments:
            for payment in await load.payments(db, self.payments):
                payment.batch = batch
                book.payments[payment.id] = payment
        if self.ids:
            for account in await load.accounts_by_id(db, list(self.ids)):
                account.batch = batch
                book.add(account)
        if self.creditors:
            book.creditors.update(await load.creditors(db, list(self.creditors)))
        numbers, system = self._numbers(legs)
        if numbers:
            for account in await load.accounts_by_number(db, list(numbers)):
                account.batch = batch
                book.add(account)
        if system:
            for account in await load.system_accounts(db, list(system)):
                account.batch = batch
                book.add(account)
        for key in self.limits:
            if known := book.by_id.get(key):
                await load.count_day(db, known)
        return legs

    def _numbers(self, legs: Legs) -> tuple[set[int], set[int]]:
        """Customer and system accounts that are still missing, by number."""
        book = self.book
        numbers: set[int] = set()
        system = self._system
        for shown in legs.values():
            facts = [shown.legs[name].tolist() for name in ("creditor", "currency", "kind")]
            numbers.update(facts[0])
            for creditor, currency, kind in set(zip(*facts, strict=True)):
                way = TRANSIT_OUT if kind == RecordKind.REFUND_REQUESTED else TRANSIT_IN
                system.add(system_account(creditor >> 40, currency, way))
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
                    home = payment.debtor >> 40
                    system.add(system_account(home, payment.currency, TRANSIT_OUT))
        known = book.accounts.keys()
        return {n for n in numbers - known if book.owns(n)}, system - known


def _transit_out(debtor: Account) -> int:
    return system_account(debtor.partition, debtor.currency, TRANSIT_OUT)


def _sets_limits(command: ChangeAccount) -> bool:
    return bool(command.payment_max or command.daily_amount_max or command.daily_count_max)
