"""Two actors' books over a journal in a list: the pure engine without database, clock or network.

What a book lacks is loaded by folding the list, so that a batch taken back is loaded like after a
real rollback.
"""

from collections.abc import Callable, Mapping
from os import urandom

import numpy as np

from headrace.runtime.commands import decide, gather_needs, home_of
from headrace.runtime.ids import payment_ids
from headrace.runtime.journal.account_numbers import (
    FIRST_ORDINAL,
    TRANSIT_IN,
    TRANSIT_OUT,
    is_system_account,
    partition_of_account,
    party_of,
)
from headrace.runtime.journal.kinds import COUNTERPART_KINDS, RecordKind
from headrace.runtime.journal.record import NEVER_NULL, ROW, Record, Rows
from headrace.runtime.journal.states import AccountState
from headrace.runtime.payments.account import Account, Creditor
from headrace.runtime.payments.answer import Answer, LegsDone
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book, Partition
from headrace.runtime.payments.command import (
    Command,
    PostLegs,
    SettleLegs,
)
from headrace.runtime.payments.decide import Given
from headrace.runtime.payments.decide_payment import NOT_SCORED, Risk, Times
from headrace.runtime.payments.open_leg import LEG, OpenLeg, ShownLegs
from headrace.runtime.payments.payment import Payment
from headrace.runtime.payments.wanted import Wanted
from headrace.runtime.risk.windows import Windows

PARTITIONS, ACTORS, EUR = 4, 2, 978
TIMES = Times(hold_s=1_000, review_s=500)
K = RecordKind


class Engine:
    """`decide` and then `commit` or `roll_back`; `post_legs` and `settle_legs` let legs travel."""

    def __init__(self, random: Callable[[int], bytes] = urandom) -> None:
        self.new_id = payment_ids(random)
        self.journal: list[Record] = []
        self.ends = dict.fromkeys(range(PARTITIONS), 0)
        self.accounts: dict[int, Account] = {}
        """Directory and settings, as the accounts table has them; balances stand in the journal."""
        self.now = 1_700_000_000_000_000
        self.number = 0
        self.books = [Book(PARTITIONS) for _ in range(ACTORS)]
        for partition in range(PARTITIONS):
            start = Partition(partition, 1, 0, 0, FIRST_ORDINAL - 1)
            self.books[partition % ACTORS].partitions[partition] = start

    def book_of(self, partition: int) -> Book:
        return self.books[partition % ACTORS]

    def book_for(self, command: Command) -> Book:
        arrived = isinstance(command, SettleLegs)
        return self.book_of(command.homes[0] if arrived else home_of(command, PARTITIONS))

    def batch(self) -> Batch:
        self.number += 1
        return Batch(self.number)

    def decide(self, batch: Batch, command: Command, risk: Risk = NOT_SCORED) -> Answer:
        self.now += 1_000
        book = self.book_for(command)
        self._bring_in(book, command, {})
        given = Given(self.now, TIMES, {0: (risk, None)}, {}, self.new_id)
        (answer,) = decide(book, batch, [(0, command)], given)
        assert not isinstance(answer, LegsDone) or isinstance(command, SettleLegs)
        return answer  # type: ignore[return-value]  # of legs only where legs were asked for

    def post_legs(self, batch: Batch, *legs: OpenLeg) -> LegsDone:
        """At their counterpart, one for all of them."""
        self.now += 1_000
        book = self.book_of(partition_of_account(legs[0].creditor))
        shown = np.zeros(len(legs), LEG)
        for index, leg in enumerate(legs):
            kind = K.REFUND_REQUESTED if leg.refund else K.DEBITED
            shown[index] = (
                index, kind, leg.leg, leg.tenant, leg.currency, leg.amount, leg.creditor, self.now,
                leg.payment, leg.trace,
            )  # fmt: skip
        command = PostLegs([leg.partition for leg in legs], [leg.seq for leg in legs])
        given = Given(self.now, TIMES, {}, {0: ShownLegs(shown, {})}, self.new_id)
        self._bring_in(book, command, given.legs)
        (answer,) = decide(book, batch, [(0, command)], given)
        assert isinstance(answer, LegsDone)
        return answer

    def commit(self, batch: Batch) -> None:
        self._append(batch.records + [r for rows in batch.rows for r in records_of(rows)])
        for row in batch.changed.values():
            kept = Account(row.number, row.tenant, row.id, row.currency)
            kept.state = AccountState(row.state)
            kept.set_terms(row.terms)
            self.accounts[row.number] = kept
        for book in self.books:
            if any(n in book.partitions for n in batch.started_from):
                book.committed(batch)

    def _append(self, records: list[Record]) -> None:
        """In the order of their sequences: a batch keeps those decided as columns by themselves."""
        while records:
            record = next((r for r in records if self._follows(r)), records[0])
            records = [r for r in records if r is not record]
            self.ends[record.partition] = record.seq
            self.ends[record.credit_partition] = record.credit_seq
            self.journal.append(record)

    def _follows(self, r: Record) -> bool:
        sequences = {(r.partition, r.seq), (r.credit_partition, r.credit_seq)}
        return all(self.ends[partition] + 1 == seq for partition, seq in sequences)

    def roll_back(self, batch: Batch, book: Book) -> None:
        book.undo(batch)

    def open_legs(self) -> list[OpenLeg]:
        partitions = [p for book in self.books for p in book.partitions.values()]
        return [leg for partition in partitions for leg in partition.open_legs.values()]

    def balance(self, number: int) -> tuple[int, int]:
        """(posted, held) as the account's newest record tells."""
        newest, found = 0, (0, 0)
        for r in self.journal:
            if r.debit == number and r.seq > newest:
                newest, found = r.seq, (r.debit_posted, r.debit_held)
            if r.credit == number and r.credit_seq > newest:
                newest, found = r.credit_seq, (r.credit_posted, r.credit_held)
        return found

    def _bring_in(self, book: Book, command: Command, shown: Mapping[int, ShownLegs]) -> None:
        """What the product's table of commands says that it needs."""
        wanted = Wanted(book)
        gather_needs(wanted, [command])
        assert not wanted.astray
        for id in wanted.payments:
            self._load_payment(book, id)
        for account in list(self.accounts.values()):
            if (key := (account.tenant, account.id)) in wanted.ids:
                self._load_number(book, account.number)
            elif key in wanted.creditors:
                closed = account.state is AccountState.CLOSED
                known = Creditor(account.number, account.currency, closed)
                book.creditors.setdefault(key, known)
        numbers, system = wanted.then(shown)
        for number in numbers:
            self._load_number(book, number)
        for number in system:
            account = Account(number, 0, "", EUR)
            account.posted, account.held = self.balance(number)
            book.add(account)

    def _load_number(self, book: Book, number: int) -> None:
        known = self.accounts.get(number)
        if known is None or number in book.accounts or not book.owns(number):
            return
        account = Account(number, known.tenant, known.id, known.currency)
        for name in ("state", "credit_line", "payment_max", "daily_amount_max", "daily_count_max"):
            setattr(account, name, getattr(known, name))
        account.posted, account.held = self.balance(number)
        account.windows = Windows()
        book.add(account)

    def _load_payment(self, book: Book, id: bytes) -> None:
        mine = [r for r in self.journal if r.payment == id and r.kind not in COUNTERPART_KINDS]
        if mine:
            payment = Payment(mine[0])
            for record in mine[1:]:
                payment.apply(record)
            book.payments[id] = payment


def records_of(rows: Rows) -> list[Record]:
    """Columns as records."""
    whole = [("V16" if ROW[name].kind == "S" else ROW[name]) for name in NEVER_NULL]
    values = rows.view(list(zip(NEVER_NULL, whole, strict=True))).tolist()
    return [Record(**dict(zip(NEVER_NULL, row, strict=True))) for row in values]


def check_books(engine: Engine) -> None:
    """The rules of money, from the journal alone."""
    balances: dict[int, tuple[int, int]] = {}
    sequences: dict[int, int] = dict.fromkeys(range(PARTITIONS), 0)
    keys: set[tuple[int, str]] = set()
    legs: dict[tuple[bytes, int], int] = {}
    for r in engine.journal:
        _check_sequences(r, sequences)
        if r.key is not None:
            assert (r.tenant, r.key) not in keys, "a key twice"
            keys.add((r.tenant, r.key))
        moves = r.debit != 0 and r.credit != 0
        if r.debit:
            posted, held = balances.get(r.debit, (0, 0))
            held_change = {K.HELD: 1, K.HELD_FOR_REVIEW: 1, K.CAPTURED: -1, K.RELEASED: -1}
            expected = (
                posted - (r.amount if moves else 0),
                held + held_change.get(RecordKind(r.kind), 0) * r.amount,
            )
            assert (r.debit_posted, r.debit_held) == expected, f"balance after {r}"
            balances[r.debit] = expected
            if not is_system_account(r.debit) and r.kind not in (K.DECLINED, K.RELEASED):
                line = engine.accounts[r.debit].credit_line
                assert expected[0] - expected[1] + line >= 0, f"overspent by {r}"
        if r.credit:
            posted, held = balances.get(r.credit, (0, 0))
            expected = (posted + (r.amount if moves else 0), held)
            assert (r.credit_posted, r.credit_held) == expected, f"balance after {r}"
            balances[r.credit] = expected
        _check_legs(r, legs)
    assert sum(posted for posted, _ in balances.values()) == 0, "money made or lost"
    transit = sum(
        posted
        for number, (posted, _) in balances.items()
        if party_of(number) in (TRANSIT_OUT, TRANSIT_IN)
    )
    assert transit == sum(legs.values()), "transit is not the money in flight"


def _check_sequences(r: Record, sequences: dict[int, int]) -> None:
    taken = {(r.partition, r.seq), (r.credit_partition, r.credit_seq)}
    for partition, seq in taken:
        assert seq == sequences[partition] + 1, f"gap in partition {partition} at {seq}"
        sequences[partition] = seq


def _check_legs(r: Record, legs: dict[tuple[bytes, int], int]) -> None:
    """Money in flight, by leg."""
    key = (r.payment, r.leg)
    if r.kind in (K.DEBITED, K.CAPTURED) and is_system_account(r.credit):
        legs[key] = r.amount
    elif r.kind in (K.CREDITED, K.RETURNED):
        assert legs.pop(key) == r.amount, "a leg arrived otherwise than it left"
    elif r.kind == K.REFUND_DEBITED:
        legs[key] = r.amount
    elif r.kind == K.REFUNDED:
        assert legs.pop(key) == r.amount
