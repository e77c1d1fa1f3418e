"""Moving money between two accounts of one partition."""

from headrace.runtime.ledger.record import Record
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.book import Batch, Book


def move(book: Book, batch: Batch, amount: int, payer: Account, payee: Account) -> None:
    """Changes both balances, at once."""
    payer.posted -= amount
    payee.posted += amount
    book.touch(batch, payer)
    book.touch(batch, payee)


def post(book: Book, batch: Batch, record: Record, payer: Account, payee: Account) -> None:
    """Moves the record's amount and writes both balances down in it."""
    move(book, batch, record.amount, payer, payee)
    record.debit, record.debit_posted, record.debit_held = payer.number, payer.posted, payer.held
    record.credit, record.credit_posted, record.credit_held = (
        payee.number, payee.posted, payee.held
    )  # fmt: skip
