"""Deciding about accounts: opened, changed, closed, deposited to and withdrawn from."""

from msgspec import json

from headrace.runtime.ledger.record import Record
from headrace.runtime.money import currency_code
from headrace.runtime.partitioning import ACCOUNT_BITS, EXTERNAL, partition_of, system_account
from headrace.runtime.payments.account import Account, AccountState
from headrace.runtime.payments.answer import Answer, Done, Refused
from headrace.runtime.payments.book import Batch, Book
from headrace.runtime.payments.command import ChangeAccount, Fund, OpenAccount
from headrace.runtime.payments.posting import post
from headrace.runtime.payments.refusals import Refusal
from headrace.runtime.payments.states import RecordKind
from headrace.runtime.risk.windows import Windows

K = RecordKind
AMOUNT_MAX = 2**63 - 1
SETTINGS = ("credit_line", "payment_max", "daily_amount_max", "daily_count_max")


def decide_open(book: Book, batch: Batch, command: OpenAccount, now: int) -> Answer:
    """Opens an account; one that exists with the same settings is answered as replayed."""
    known = book.by_id.get((command.tenant, command.account))
    if known is not None:
        same = known.currency == command.currency and all(
            getattr(known, name) == getattr(command, name) for name in SETTINGS
        )
        if not same or known.state is AccountState.CLOSED:
            return Refused(Refusal.ACCOUNT_EXISTS, "id", "with other settings, or closed")
        partition = book.partitions[known.partition]
        return Done(known.partition, partition.seq, partition.at, replayed=True)
    number = partition_of(command.tenant, command.account, book.partitions_total)
    partition = book.partitions[number]
    seq = book.next_seq(batch, partition, now)
    partition.place += 1
    account = Account(
        number << ACCOUNT_BITS | partition.place, command.tenant, command.account, command.currency
    )
    account.windows = Windows()
    for name in SETTINGS:
        setattr(account, name, getattr(command, name))
    book.add(account)
    batch.opened.append(account)
    return _record_settings(book, batch, account, K.ACCOUNT_OPENED, seq, command.trace)


def decide_change(book: Book, batch: Batch, command: ChangeAccount, now: int) -> Answer:
    """Freezes, thaws, limits or closes an account. A closed one never opens again."""
    account = book.by_id.get((command.tenant, command.account))
    if account is None:
        return Refused(Refusal.UNKNOWN_ACCOUNT, "account")
    if account.state is AccountState.CLOSED:
        return Refused(Refusal.ACCOUNT_CLOSED, "account")
    if command.close and (account.posted or account.held or _awaits_money(book, account)):
        return Refused(Refusal.BALANCE_NOT_ZERO, "account")
    kind = K.ACCOUNT_CHANGED
    if command.frozen is not None:
        account.state = AccountState.FROZEN if command.frozen else AccountState.OPEN
    for name in SETTINGS:
        value = getattr(command, name)
        if value is not None:
            setattr(account, name, value)
    if command.close:
        account.state, kind = AccountState.CLOSED, K.ACCOUNT_CLOSED
    seq = book.next_seq(batch, book.partitions[account.partition], now)
    batch.changed[account.number] = account
    return _record_settings(book, batch, account, kind, seq, command.trace)


def _awaits_money(book: Book, account: Account) -> bool:
    """Whether money that left the account may still come back to it."""
    partition = book.partitions[account.partition]
    return any(leg.debtor == account.number for leg in partition.open_legs.values())


def _record_settings(
    book: Book, batch: Batch, account: Account, kind: RecordKind, seq: int, trace: bytes
) -> Done:
    partition = book.partitions[account.partition]
    settings = {
        "id": account.id,
        "currency": currency_code(account.currency),
        "state": account.state.name.lower(),
        **{name: getattr(account, name) for name in SETTINGS},
    }
    batch.records.append(
        Record(
            seq=seq,
            credit_seq=seq,
            partition=account.partition,
            credit_partition=account.partition,
            kind=kind,
            at=partition.at,
            occurred_at=partition.at,
            tenant=account.tenant,
            currency=account.currency,
            amount=0,
            credit=account.number,
            credit_posted=account.posted,
            credit_held=account.held,
            trace=trace,
            details=json.encode(settings),
        )
    )
    book.touch(batch, account)
    return Done(account.partition, seq, partition.at)


def decide_fund(book: Book, batch: Batch, command: Fund, now: int) -> Answer:
    """Deposits from or withdraws to the partition's external account in the currency."""
    known = book.known((command.tenant, command.key), command.fingerprint)
    if known is not None:
        return known
    account = book.by_id.get((command.tenant, command.account))
    if account is None:
        return Refused(Refusal.UNKNOWN_ACCOUNT, "account")
    if account.currency != command.currency:
        return Refused(Refusal.CURRENCY_MISMATCH, "currency")
    deposit, amount = command.amount > 0, abs(command.amount)
    if account.state is AccountState.CLOSED:
        return Refused(Refusal.ACCOUNT_CLOSED, "account")
    if account.state is AccountState.FROZEN and not deposit:
        return Refused(Refusal.ACCOUNT_FROZEN, "account")
    if not deposit and account.available < amount:
        return Refused(Refusal.INSUFFICIENT_FUNDS, "amount")
    external = book.accounts[system_account(account.partition, account.currency, EXTERNAL)]
    payer, payee = (external, account) if deposit else (account, external)
    if payee.posted > AMOUNT_MAX - amount or payer.posted < amount - AMOUNT_MAX:
        return Refused(Refusal.AMOUNT_TOO_LARGE, "amount", "a balance would overflow")
    partition = book.partitions[account.partition]
    seq = book.next_seq(batch, partition, now)
    record = Record(
        seq=seq, credit_seq=seq, partition=partition.number, credit_partition=partition.number,
        kind=K.DEPOSITED if deposit else K.WITHDRAWN, at=partition.at, occurred_at=partition.at,
        tenant=command.tenant, currency=command.currency, amount=amount, key=command.key,
        fingerprint=command.fingerprint, trace=command.trace, reference=command.reference,
        details=command.details,
    )  # fmt: skip
    post(book, batch, record, payer, payee)
    batch.records.append(record)
    done = Done(partition.number, seq, partition.at, amount=account.posted)
    book.remember_key(batch, (command.tenant, command.key), command.fingerprint, done)
    return done
