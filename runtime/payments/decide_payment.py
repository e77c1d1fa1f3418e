"""Deciding a new payment at its debtor's partition."""

from typing import NamedTuple

from msgspec import Struct

from headrace.runtime.ids import NewPaymentId
from headrace.runtime.journal.account_numbers import TRANSIT_OUT, system_account
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import NO_LEG, Record
from headrace.runtime.journal.states import AccountState, PaymentState
from headrace.runtime.payments.account import Account, Creditor
from headrace.runtime.payments.answer import Answer, Done, Refused
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import Pay
from headrace.runtime.payments.holds import HOLDS, Hold
from headrace.runtime.payments.open_leg import OpenLeg
from headrace.runtime.payments.payment import Payment
from headrace.runtime.payments.posting import move
from headrace.runtime.refusals import Refusal
from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.risk.policy import RiskOutcome
from headrace.runtime.risk.windows import observed

REVIEW, REJECT = int(RiskOutcome.REVIEW), int(RiskOutcome.REJECT)
DEGRADED = int(RiskFlag.DEGRADED)
CREDITOR_FULL = "the creditor's balance would pass its bound"
TOO_MANY_LEGS = "too much is on its way to accounts elsewhere"


class Risk(Struct, frozen=True, gc=False):
    """What the risk deployment (or the policy in its place) said of one payment."""

    outcome: int
    score: int
    flags: int
    model: int


NOT_SCORED = Risk(int(RiskOutcome.ACCEPT), -1, 0, 0)
"""The word of a risk that has no opinion. Absent is something else: None."""


class Times(NamedTuple):
    """How long what is held may wait, in seconds."""

    hold_s: int
    review_s: int


Parties = tuple[Account, Account | Creditor]
"""Debtor and creditor."""


def parties(book: Book, command: Pay) -> Parties | Refused:
    """Both accounts, if the book has them."""
    debtor = book.by_id.get((command.tenant, command.debtor))
    if debtor is None:
        return Refused(Refusal.UNKNOWN_ACCOUNT, "debtor")
    wanted = command.tenant, command.creditor
    creditor = book.by_id.get(wanted) or book.creditors.get(wanted)
    if creditor is None:
        return Refused(Refusal.UNKNOWN_ACCOUNT, "creditor")
    return debtor, creditor


def _obstacle(debtor: Account, creditor: Account | Creditor, currency: int) -> Refused | None:
    """What keeps them from paying each other now, in order of precedence."""
    if debtor.currency != currency:
        return Refused(Refusal.CURRENCY_MISMATCH, "debtor")
    if creditor.currency != currency:
        return Refused(Refusal.CURRENCY_MISMATCH, "creditor")
    if debtor.state is not AccountState.OPEN:
        closed = debtor.state is AccountState.CLOSED
        return Refused(Refusal.ACCOUNT_CLOSED if closed else Refusal.ACCOUNT_FROZEN, "debtor")
    if creditor.state is AccountState.CLOSED if isinstance(creditor, Account) else creditor.closed:
        return Refused(Refusal.ACCOUNT_CLOSED, "creditor")
    return None


def decide_payment(
    book: Book, batch: Batch, command: Pay, now: int, risk: Risk | None, times: Times,
    new_id: NewPaymentId, both: Parties | None = None,
) -> Answer:  # fmt: skip
    """Refuses, declines, settles, debits or holds, and applies that to the book at once.

    Both accounts are in the book if they exist; `both`, if the caller has found them there in this
    turn. Without a verdict of risk nothing is paid. Nothing may be awaited between the look at the
    balance and its change: this function is the reservation.
    """
    key = command.tenant, command.key
    known = book.known(key, command.fingerprint) if key in book.keys else None
    if known is not None:
        return known
    found = both or parties(book, command)
    if isinstance(found, Refused):
        return found
    debtor, creditor = found
    refused = _obstacle(debtor, creditor, command.currency)
    if refused is not None:
        return refused
    amount, currency = command.amount, command.currency
    partition = book.partitions[debtor.partition]
    if partition.at > now:
        now = partition.at
    if isinstance(creditor, Account):
        if (at := book.partitions[creditor.partition].at) > now:
            now = at
        if not book.has_room(creditor, amount):
            return Refused(Refusal.AMOUNT_TOO_LARGE, "amount", CREDITOR_FULL)
    elif book.open_legs >= book.open_legs_max:
        batch.put_off = True
        return Refused(Refusal.OVERLOADED, "", TOO_MANY_LEGS)
    if risk is None:
        batch.put_off = True
        return Refused(Refusal.UNAVAILABLE, "", "risk has not judged it yet")

    if debtor.batch != batch.number:
        book.touch(batch, debtor)
    reason = debtor.over_limit(amount, now)
    if not reason and risk.outcome == REJECT:
        degraded = risk.flags & DEGRADED
        reason = DeclineReason.RISK_UNAVAILABLE if degraded else DeclineReason.RISK_REJECTED
    if not reason and debtor.posted - debtor.held + debtor.credit_line < amount:
        reason = DeclineReason.INSUFFICIENT_FUNDS

    seq = book.next_seq(batch, partition, now)
    record = Record()
    record.seq = record.credit_seq = seq
    record.partition = record.credit_partition = partition.number
    record.debit, record.creditor = debtor.number, creditor.number
    record.amount, record.currency, record.tenant = amount, currency, command.tenant
    record.at, record.occurred_at = now, command.occurred_at or now
    record.payment, record.trace = new_id(now, partition.number), command.trace
    record.key, record.fingerprint = command.key, command.fingerprint
    record.risk_score, record.risk_model, record.risk_flags = risk.score, risk.model, risk.flags
    if command.reference is not None or command.details is not None:
        record.reference, record.details = command.reference, command.details
    if command.manual_capture:
        record.leg = NO_LEG
    if reason:
        record.reason = int(reason)
        record.kind, record.state = RecordKind.DECLINED, PaymentState.DECLINED
    elif command.manual_capture or risk.outcome == REVIEW:
        _hold(book, batch, command, debtor, record, risk.outcome == REVIEW, times)
    elif isinstance(creditor, Account):
        settle(book, batch, debtor, creditor, record, now)
        record.kind, record.state = RecordKind.SETTLED, PaymentState.SETTLED
    else:
        record.kind, record.state = RecordKind.DEBITED, PaymentState.AUTHORIZED
        send(book, batch, debtor, record)
    if not reason:
        if debtor.counts:
            debtor.count_authorised(amount, now)
        if (windows := debtor.windows) is not None:
            windows.state = observed(windows.state, record.occurred_at, amount)
    record.debit_posted, record.debit_held = debtor.posted, debtor.held
    batch.records.append(record)
    if record.expires_at:
        payment = Payment(record)
        if record.kind == RecordKind.HELD_FOR_REVIEW:
            payment.expires_in_s, payment.submitted_by = command.expires_in_s, command.submitted_by
        book.add_payment(batch, payment)

    done = Done(
        record.partition, seq, now, record.payment, record.state, record.reason, risk.score,
        risk.flags, risk.model, 0, 0, record.expires_at or 0,
    )  # fmt: skip
    book.remember_key(batch, key, command.fingerprint, done)
    return done


def settle(
    book: Book, batch: Batch, debtor: Account, creditor: Account, record: Record, now: int
) -> None:
    """Moves the record's amount to an account of the same actor, within this commit."""
    move(book, batch, record.amount, debtor, creditor)
    if creditor.partition != debtor.partition:
        record.credit_partition = creditor.partition
        record.credit_seq = book.next_seq(batch, book.partitions[creditor.partition], now)
    record.credit = creditor.number
    record.credit_posted, record.credit_held = creditor.posted, creditor.held


def send(book: Book, batch: Batch, debtor: Account, record: Record) -> None:
    """Moves the record's amount to the partition's transit_out: a leg is open from here on."""
    transit = book.accounts[system_account(debtor.partition, record.currency, TRANSIT_OUT)]
    move(book, batch, record.amount, debtor, transit)
    record.credit = transit.number
    record.credit_posted = transit.posted
    open_leg(book, batch, record, debtor.number)


def open_leg(book: Book, batch: Batch, record: Record, debtor: int) -> None:
    """Remembers that the record waits for the counterpart's answer."""
    book.open_leg(
        batch,
        OpenLeg(
            record.payment, record.leg, record.partition, record.seq,
            record.kind == RecordKind.REFUND_REQUESTED, record.kind == RecordKind.DEBITED,
            record.tenant, record.currency, record.amount, debtor, record.creditor, record.trace,
        ),
    )  # fmt: skip


def _hold(
    book: Book, batch: Batch, command: Pay, debtor: Account, record: Record, review: bool,
    times: Times,
) -> None:  # fmt: skip
    debtor.held += command.amount
    seconds = times.review_s if review else command.expires_in_s or times.hold_s
    record.expires_at = record.at + seconds * 1_000_000
    if review:
        record.kind, record.state = RecordKind.HELD_FOR_REVIEW, PaymentState.IN_REVIEW
    else:
        record.kind, record.state = RecordKind.HELD, PaymentState.AUTHORIZED
    hold = Hold(
        record.payment, record.partition, debtor.number, command.amount, review, record.expires_at,
        command.expires_in_s if review else 0, command.submitted_by if review else b"",
    )  # fmt: skip
    batch.put(HOLDS, record.payment, hold)
