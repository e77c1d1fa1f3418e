"""Moving money between two accounts of one actor: the only place that changes a posted balance."""

from headrace.runtime.journal.record import Record
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book

_LOW, _HIGH, _WRAP = -(2**63), 2**63 - 1, 2**64


def move(book: Book, batch: Batch, amount: int, payer: Account, payee: Account) -> None:
    """Changes both balances, at once.

    Tenants' accounts stay within BALANCE_MAX, which whoever decides has asked (Book.has_room).
    External and transit accounts are shared by all and are never netted, so that honest volume
    takes them past 64 bits: their balances are kept modulo 2**64, as two's complement.
    """
    if payer.batch != batch.number:
        book.touch(batch, payer)
    if payee.batch != batch.number:
        book.touch(batch, payee)
    posted = payer.posted - amount
    payer.posted = posted if posted >= _LOW else posted + _WRAP
    posted = payee.posted + amount
    payee.posted = posted if posted <= _HIGH else posted - _WRAP


def post(book: Book, batch: Batch, record: Record, payer: Account, payee: Account) -> None:
    """Moves the record's amount and writes both balances down in it."""
    move(book, batch, record.amount, payer, payee)
    record.debit, record.debit_posted, record.debit_held = payer.number, payer.posted, payer.held
    record.credit, record.credit_posted, record.credit_held = (
        payee.number, payee.posted, payee.held
    )  # fmt: skip
