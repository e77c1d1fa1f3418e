"""Brings into the book what a batch of commands needs: nothing is loaded that is there already."""

from collections.abc import Sequence

from headrace.runtime.commands import gather_needs
from headrace.runtime.database.connect import Database
from headrace.runtime.keys import subject_keys
from headrace.runtime.ledger import load
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import Command
from headrace.runtime.payments.wanted import Legs, Wanted


class Needs(Wanted):
    """What a batch of commands needs and the book lacks."""

    def __init__(self, book: Book, commands: Sequence[Command]) -> None:
        super().__init__(book)
        gather_needs(self, commands)

    async def bring_in(self, db: Database, batch: int, now: int) -> Legs:
        """Loads all of it; returns the legs to be carried, which are never kept.

        `now` in microseconds: partitions whose day is looked up are at least there from then on.
        """
        book = self.book
        loaded: list[Account] = []
        legs = {
            index: await load.legs(db, command.homes, command.seqs, command.again)
            for index, command in self.legs.items()
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
        for table, keys in self.rows.items():
            book.area_rows.learn(table, keys, await table.found(db, keys), batch)
        numbers, system = self.then(legs)
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
        if self.subjects and book.texts is not None:
            lacking = book.texts.lacking(self.subjects)
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
