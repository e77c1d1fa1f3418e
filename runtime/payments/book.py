"""What an actor holds in memory of its partitions: a cache of what is committed, plus what the
batches under way have decided on top. On doubt it is forgotten and loaded anew."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from sys import maxsize
from typing import TypeVar

from msgspec.structs import replace

from headrace.runtime.database.area_table import AreaTable, Key, Row
from headrace.runtime.journal.account_numbers import ORDINAL_BITS
from headrace.runtime.keys.subject_keys import SUBJECT_KEYS
from headrace.runtime.keys.text_sealer import TextSealer
from headrace.runtime.money import BALANCE_MAX
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.account import Account, Creditor
from headrace.runtime.payments.answer import Answer, Done, Refused
from headrace.runtime.payments.area_rows import AreaRows
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.open_leg import LegId, OpenLeg
from headrace.runtime.payments.payment import Payment
from headrace.runtime.refusals import Refusal

BATCHES_REMEMBERED = 8
"""Committed batches whose keys and legs are still known without asking the ledger."""


@dataclass(slots=True)
class Partition:
    """One partition's place in the ledger."""

    number: int
    epoch: int
    seq: int
    """Of the newest record, decided or committed."""
    at: int
    """Time of that record: a partition's time never runs back."""
    last_ordinal: int
    """Of the newest customer account."""
    open_legs: dict[int, OpenLeg] = field(default_factory=dict)
    """By the sequence of the record that opened them, in order."""

    def transit_from(self) -> int:
        """No leg opened before this sequence is still open."""
        return next(iter(self.open_legs), self.seq + 1)


class Book:
    """The memory of one actor."""

    def __init__(
        self, partitions: int, open_legs_max: int = maxsize, texts: TextSealer | None = None
    ) -> None:
        """`texts`: without it no text can be written."""
        self.partitions_total = partitions
        self.texts = texts
        self.open_legs_max = open_legs_max
        self._empty()

    def _empty(self) -> None:
        self.partitions: dict[int, Partition] = {}
        self.accounts: dict[int, Account] = {}
        self.by_id: dict[tuple[int, str], Account] = {}
        self.creditors: dict[tuple[int, str], Creditor] = {}
        self.payments: dict[bytes, Payment] = {}
        self.open_legs = 0
        """Of all partitions."""
        self.coming_back: dict[int, int] = {}
        """Account -> sum of its open legs: money that left it and may return, or a refund of what
        it paid. It has room for that at any moment."""
        self.closing_legs: set[LegId] = set()
        """Legs whose end is decided and not committed yet."""
        self.keys: dict[tuple[int, str], tuple[int, Done]] = {}
        self.answered_legs: dict[LegId, int] = {}
        """Legs posted or refused lately -> reason."""
        self._remembered: deque[tuple[list[tuple[int, str]], list[LegId]]] = deque()
        self.windows: dict[int, bytes] = {}
        """States of the windows of evicted accounts: nobody else pays from them, so that they stay
        true, and what they have seen needn't be read again."""
        self.area_rows = AreaRows()
        self._opened_lately: list[int] = []
        """Accounts whose opening is committed and whose day is still counted."""

    def owns(self, account: int) -> bool:
        """Whether the account's partition is one of this actor's."""
        return account >> ORDINAL_BITS in self.partitions

    def owns_id(self, tenant: int, account: str) -> bool:
        """The same for an id, known or not."""
        return partition_of(tenant, account, self.partitions_total) in self.partitions

    def add(self, account: Account) -> None:
        """Puts a loaded or opened account in."""
        self.accounts[account.number] = account
        if account.id:
            self.by_id[account.tenant, account.id] = account

    def next_seq(self, batch: Batch, partition: Partition, now: int) -> int:
        """The next sequence of a partition, whose time moves to `now` if that is later."""
        if partition.number not in batch.started_from:
            before = partition.seq, partition.at, partition.last_ordinal
            batch.started_from[partition.number] = before
        partition.seq += 1
        if now > partition.at:
            partition.at = now
        return partition.seq

    def touch(self, batch: Batch, account: Account) -> None:
        """Before an account is changed by a batch: keeps how it was before the batch."""
        if account.batch != batch.number:
            batch.accounts[account.number] = account.balances()
            account.batch = batch.number

    def touch_settings(self, batch: Batch, account: Account) -> None:
        """The same before its settings are changed."""
        batch.settings.setdefault(account.number, (account.state, account.terms()))

    def touch_payment(self, batch: Batch, payment: Payment) -> None:
        """The same for a payment that is in memory."""
        if payment.id not in batch.payments:
            batch.payments[payment.id] = payment.copy()
        payment.batch = batch.number

    def add_payment(self, batch: Batch, payment: Payment) -> None:
        """A payment that the batch begins."""
        batch.payments[payment.id] = None
        payment.batch = batch.number
        self.payments[payment.id] = payment

    def put(self, batch: Batch, table: AreaTable[Key, Row], key: Key, row: Row | None) -> None:
        """Of an area's table whose rows are in memory: there it stands at once, the commit writes
        it. LookupError when it was not looked up."""
        self.area_rows.put(batch.area_rows_before, batch.number, table, key, row)
        batch.put(table, key, row)

    def has_room(self, account: Account, amount: int) -> bool:
        """Whether an amount can be credited to a tenant's account, or added to its credit line:
        what is available then stays within BALANCE_MAX, even when all that may come back does."""
        return (
            account.posted + account.credit_line + self.coming_back.get(account.number, 0)
            <= BALANCE_MAX - amount
        )

    def take_over(self, partition: Partition, legs: list[OpenLeg]) -> None:
        """Puts a partition in, with the legs that are open in it, in the order of their records."""
        self.partitions[partition.number] = partition
        partition.open_legs = {leg.seq: leg for leg in legs}
        for leg in legs:
            self._expect(leg)

    def _expect(self, leg: OpenLeg) -> None:
        self.open_legs += 1
        coming_back, debtor = self.coming_back, leg.debtor
        coming_back[debtor] = coming_back.get(debtor, 0) + leg.amount

    def _no_longer_expect(self, leg: OpenLeg) -> None:
        self.open_legs -= 1
        coming_back, debtor = self.coming_back, leg.debtor
        if left := coming_back[debtor] - leg.amount:
            coming_back[debtor] = left
        else:
            del coming_back[debtor]

    def open_leg(self, batch: Batch, leg: OpenLeg) -> None:
        """Money leaves for another partition with the batch."""
        batch.legs_opened.append(leg)
        self.partitions[leg.partition].open_legs[leg.seq] = leg
        self._expect(leg)

    def under_way(self, leg: LegId) -> bool:
        """Whether the ledger does not show the end of the leg that a record opened."""
        partition = self.partitions.get(leg[0])
        is_open = partition is not None and leg[1] in partition.open_legs
        return is_open or leg in self.closing_legs

    def close_leg(self, batch: Batch, leg: OpenLeg) -> None:
        """The batch records what became of it."""
        batch.legs_closed.append(leg)
        del self.partitions[leg.partition].open_legs[leg.seq]
        self.closing_legs.add((leg.partition, leg.seq))
        self._no_longer_expect(leg)

    def remember_key(
        self, batch: Batch, key: tuple[int, str], fingerprint: int, done: Done
    ) -> None:
        """The first answer to a tenant's key; known from here on until some batches after its
        commit."""
        self.keys[key] = (fingerprint, done)
        batch.keys.append(key)

    def known(self, key: tuple[int, str], fingerprint: int) -> Answer | None:
        """The first answer again, or a refusal when a tenant's key was used for something else."""
        use = self.keys.get(key)
        if use is None:
            return None
        return again(use[1]) if use[0] == fingerprint else Refused(Refusal.KEY_REUSED)

    def committed(self, batch: Batch) -> None:
        """Forgets the keys and answered legs of batches that were committed a while ago."""
        self.closing_legs.difference_update([(leg.partition, leg.seq) for leg in batch.legs_closed])
        self._opened_lately += batch.opened
        if self.texts is not None and (made := batch.rows_of(SUBJECT_KEYS)):
            self.texts.committed(made)
        self._remembered.append((batch.keys, batch.answered_legs))
        if len(self._remembered) > BATCHES_REMEMBERED:
            keys, answered_legs = self._remembered.popleft()
            for key in keys:
                self.keys.pop(key, None)
            for opened_by in answered_legs:
                self.answered_legs.pop(opened_by, None)

    def stop_counting(self) -> None:
        """Between batches: the day of accounts that were opened is no longer counted, unless they
        have a limit of a day. Set one, and the ledger knows what they paid."""
        for number in self._opened_lately:
            account = self.accounts.get(number)
            if account is not None and not account.limited_by_day():
                account.counts = False
        self._opened_lately.clear()

    def undo(self, batch: Batch) -> None:
        """Takes back a batch that is rolled back, the newest first. No doubt: nothing is loaded,
        all stands again as before the batch, also when it was given up in the middle of a command.
        """
        for number, (seq, at, last_ordinal) in batch.started_from.items():
            partition = self.partitions[number]
            partition.seq, partition.at, partition.last_ordinal = seq, at, last_ordinal
        for leg in batch.legs_closed:
            self.closing_legs.discard((leg.partition, leg.seq))
            if leg.seq not in self.partitions[leg.partition].open_legs:
                self.partitions[leg.partition].open_legs[leg.seq] = leg
                self._expect(leg)
        for partition_number in {leg.partition for leg in batch.legs_closed}:
            partition = self.partitions[partition_number]
            partition.open_legs = dict(sorted(partition.open_legs.items()))
        for leg in batch.legs_opened:
            if self.partitions[leg.partition].open_legs.pop(leg.seq, None) is not None:
                self._no_longer_expect(leg)
        for number, was in batch.accounts.items():
            if account := self.accounts.get(number):
                account.restore(was)
        for number, (state, terms) in batch.settings.items():
            if account := self.accounts.get(number):
                account.state = state
                account.set_terms(terms)
        for number in batch.opened:
            self.forget_account(number)
        for id, payment in batch.payments.items():
            if payment is None:
                self.payments.pop(id, None)
            else:
                self.payments[id] = payment
        for key in batch.keys:
            self.keys.pop(key, None)
        for opened_by in batch.answered_legs:
            self.answered_legs.pop(opened_by, None)
        self.area_rows.undo(batch.area_rows_before)
        if self.texts is not None and (made := batch.rows_of(SUBJECT_KEYS)):
            self.texts.undo(made)

    def forget_account(self, number: int) -> None:
        """The account is loaded again when next needed."""
        account = self.accounts.pop(number, None)
        if account is not None and account.id:
            self.by_id.pop((account.tenant, account.id), None)

    def forget_all(self) -> None:
        """On doubt, or when the partitions are taken over: memory starts again from the ledger."""
        if self.texts is not None:
            self.texts.forget_all()
        self._empty()

    def evict(self, accounts_max: int, payments_max: int, committed: int, windows_max: int) -> int:
        """Above a bound, drops down to nine tenths of it: what was touched longest ago, and nothing
        that a batch after `committed` touched. Returns how many accounts went."""
        gone = _longest_unused(self.accounts, accounts_max, committed)
        for number in gone:
            windows = self.accounts[number].windows
            if windows is not None and windows.since_us:
                self.windows[number] = windows.state
            self.forget_account(number)
        while len(self.windows) > windows_max:
            del self.windows[next(iter(self.windows))]
        for payment in _longest_unused(self.payments, payments_max, committed):
            del self.payments[payment]
        self.area_rows.evict(payments_max, committed)
        while len(self.creditors) > accounts_max:
            del self.creditors[next(iter(self.creditors))]
        return len(gone)


K = TypeVar("K", int, bytes)


def _longest_unused(
    kept: Mapping[K, Account] | Mapping[K, Payment], most: int, committed: int
) -> list[K]:
    if len(kept) <= most:
        return []
    free = sorted([item.batch for item in kept.values() if item.batch <= committed])
    wanted = min(len(free), len(kept) - most * 9 // 10)
    if not wanted:
        return []
    last = free[wanted - 1]
    gone = [key for key, item in kept.items() if item.batch < last]
    ties = (key for key, item in kept.items() if item.batch == last)
    return gone + list(islice(ties, wanted - len(gone)))


def again(done: Done) -> Done:
    """The same answer, marked as replayed."""
    return replace(done, replayed=True)
