"""Deciding about accounts: opened, changed, closed, deposited to and withdrawn from."""

from msgspec import json

from headrace.runtime.journal.account_numbers import (
    EXTERNAL,
    NO_ROLE,
    Role,
    RoleKey,
    account_number,
    role_account_number,
    system_account,
)
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.states import AccountState
from headrace.runtime.money import currency_code
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.account import Account, Terms
from headrace.runtime.payments.answer import Answer, Done, Refused
from headrace.runtime.payments.batch import AccountRow, Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import ChangeAccount, Fund, OpenAccount
from headrace.runtime.payments.posting import post
from headrace.runtime.refusals import Refusal
from headrace.runtime.risk.windows import Windows

K = RecordKind


def decide_open(book: Book, batch: Batch, command: OpenAccount, now: int) -> Answer:
    """Opens an account; one that was opened with the same settings is answered as replayed,
    whatever was changed since."""
    asked = Terms(
        command.credit_line, command.payment_max, command.daily_amount_max, command.daily_count_max
    )
    known = book.by_id.get((command.tenant, command.account))
    if known is not None:
        if known.currency != command.currency or known.opened_as != asked:
            return Refused(Refusal.ACCOUNT_EXISTS, "id", "it was opened with other settings")
        if known.state is AccountState.CLOSED:
            return Refused(Refusal.ACCOUNT_EXISTS, "id", "it is closed")
        partition = book.partitions[known.partition]
        return Done(known.partition, partition.seq, partition.at, replayed=True)
    number = partition_of(command.tenant, command.account, book.partitions_total)
    partition = book.partitions[number]
    seq = book.next_seq(batch, partition, now)
    partition.last_ordinal += 1
    account = Account(
        account_number(number, partition.last_ordinal),
        command.tenant,
        command.account,
        command.currency,
    )
    account.windows = Windows()
    account.set_terms(asked)
    account.opened_as = asked
    account.counts = True
    batch.opened[account.number] = partition.at
    book.add(account)
    return _record_settings(book, batch, account, K.ACCOUNT_OPENED, seq, command.trace)


def open_role_account(book: Book, batch: Batch, key: RoleKey, now: int, trace: bytes) -> Done:
    """Opens an account of a role in a partition; there must be none yet. It has no limits, and no
    id that a client could name."""
    partition = book.partitions[key.partition]
    seq = book.next_seq(batch, partition, now)
    partition.last_ordinal += 1
    number = role_account_number(key.partition, partition.last_ordinal)
    account = Account(number, key.tenant, "", key.currency)
    batch.opened[number] = partition.at
    book.add(account)
    return _record_settings(book, batch, account, K.ACCOUNT_OPENED, seq, trace, key)


def decide_change(book: Book, batch: Batch, command: ChangeAccount, now: int) -> Answer:
    """Freezes, thaws, limits or closes an account. A closed one never opens again."""
    account = book.by_id.get((command.tenant, command.account))
    if account is None:
        return Refused(Refusal.UNKNOWN_ACCOUNT, "account")
    if account.state is AccountState.CLOSED:
        return Refused(Refusal.ACCOUNT_CLOSED, "account")
    if command.close and (account.posted or account.held or account.number in book.coming_back):
        return Refused(Refusal.BALANCE_NOT_ZERO, "account")
    more = (command.credit_line or 0) - account.credit_line
    if more > 0 and not book.has_room(account, more):
        return Refused(Refusal.AMOUNT_TOO_LARGE, "credit_line")
    if needs_counts(command) and not account.counts:
        raise LookupError(f"what account {account.number} paid today was not looked up")
    kind = K.ACCOUNT_CHANGED
    book.touch_settings(batch, account)
    if command.frozen is not None:
        account.state = AccountState.FROZEN if command.frozen else AccountState.OPEN
    account.set_terms(Terms(*map(_changed, account.terms(), _asked(command))))
    if command.close:
        account.state, kind = AccountState.CLOSED, K.ACCOUNT_CLOSED
    seq = book.next_seq(batch, book.partitions[account.partition], now)
    return _record_settings(book, batch, account, kind, seq, command.trace)


def _asked(command: ChangeAccount) -> tuple[int | None, ...]:
    """In the order of Terms; None: stays."""
    return (
        command.credit_line, command.payment_max, command.daily_amount_max,
        command.daily_count_max,
    )  # fmt: skip


def _changed(was: int, asked: int | None) -> int:
    return was if asked is None else asked


def needs_counts(command: ChangeAccount) -> bool:
    """Whether the day's counters must be true for it: it sets a limit of a day."""
    return bool(command.daily_amount_max or command.daily_count_max)


def _record_settings(
    book: Book, batch: Batch, account: Account, kind: RecordKind, seq: int, trace: bytes,
    of: RoleKey | None = None,
) -> Done:  # fmt: skip
    partition = book.partitions[account.partition]
    terms = account.terms()
    role, rail = (NO_ROLE, "") if of is None else (of.role, of.rail)
    named = {"role": Role(role).name.lower(), "rail": rail} if role else {"id": account.id}
    settings = {
        **named,
        "currency": currency_code(account.currency),
        "state": account.state.name.lower(),
        **terms._asdict(),
    }
    batch.changed[account.number] = AccountRow(
        account.number,
        account.tenant,
        account.id,
        account.currency,
        int(account.state),
        terms,
        role,
        rail,
    )
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
    if deposit and not book.has_room(account, amount):
        return Refused(Refusal.AMOUNT_TOO_LARGE, "amount", "the balance would pass its bound")
    payer, payee = (external, account) if deposit else (account, external)
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
