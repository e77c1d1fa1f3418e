"""Deciding what is asked of an existing payment, at its home."""

from headrace.runtime.journal.account_numbers import partition_of_account
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import LEG_MAX, Record
from headrace.runtime.journal.states import STATES, AccountState, PaymentState
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.answer import Answer, Done, Refused
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import Act, PaymentAction
from headrace.runtime.payments.decide_payment import (
    CREDITOR_FULL,
    TOO_MANY_LEGS,
    Times,
    open_leg,
    send,
    settle,
)
from headrace.runtime.payments.holds import HOLDS, Hold
from headrace.runtime.payments.payment import CAPTURES_MAX, Payment
from headrace.runtime.refusals import Refusal

S, K, A = PaymentState, RecordKind, PaymentAction
HELD_STATES, REFUNDABLE_STATES = STATES["capturable"], STATES["refundable"]


def decide_action(book: Book, batch: Batch, command: Act, now: int, times: Times) -> Answer:
    """Captures, refunds, cancels, accepts, rejects or expires; the payment is in the book if it
    exists, and so are its accounts that this actor owns."""
    if command.key is not None:
        known = book.known((command.tenant, command.key), command.fingerprint)
        if known is not None:
            return known
    payment = book.payments.get(command.payment)
    by_clock = command.action == A.EXPIRE
    if payment is None or (payment.tenant != command.tenant and not by_clock):
        return Refused(Refusal.UNKNOWN_PAYMENT)
    now = max(now, book.partitions[book.accounts[payment.debtor].partition].at)
    if book.owns(payment.creditor):
        now = max(now, book.partitions[partition_of_account(payment.creditor)].at)
    match PaymentAction(command.action):
        case A.CAPTURE:
            answer = _capture(book, batch, command, payment, now)
        case A.REFUND:
            answer = _refund(book, batch, command, payment, now)
        case A.CANCEL:
            answer = _cancel(book, batch, command, payment, now)
        case A.ACCEPT:
            answer = _accept(book, batch, command, payment, now, times)
        case A.REJECT:
            answer = _reject(book, batch, command, payment, now)
        case A.EXPIRE:
            answer = _expire(book, batch, command, payment, now)
    if isinstance(answer, Done) and command.key is not None:
        book.remember_key(batch, (command.tenant, command.key), command.fingerprint, answer)
    return answer


def _capture(book: Book, batch: Batch, command: Act, payment: Payment, now: int) -> Answer:
    if payment.state not in HELD_STATES or not payment.held or not payment.manual:
        return Refused(Refusal.WRONG_STATE, detail=_in_state(payment))
    if payment.expires_at <= now:
        return Refused(Refusal.WRONG_STATE, detail="the hold has expired")
    amount = command.amount or payment.held
    if amount > payment.held:
        return Refused(Refusal.AMOUNT_TOO_LARGE, "amount", f"{payment.held} is left to capture")
    if payment.next_leg > CAPTURES_MAX:
        detail = f"the payment has had {CAPTURES_MAX} captures"
        return Refused(Refusal.TOO_MANY_MOVEMENTS, detail=detail)
    rest = payment.held - amount if command.final else 0
    return _pay_from_hold(book, batch, command, payment, payment.next_leg, amount, rest, now)


def _pay_from_hold(
    book: Book, batch: Batch, command: Act, payment: Payment, leg: int, amount: int, rest: int,
    now: int,
) -> Answer:  # fmt: skip
    """Moves held money on its way; before it, `rest` of the hold, if any, is released."""
    creditor = book.accounts.get(payment.creditor)
    if creditor is None:
        if book.open_legs >= book.open_legs_max:
            return Refused(Refusal.OVERLOADED, detail=TOO_MANY_LEGS)
    elif creditor.state is AccountState.CLOSED:
        return Refused(Refusal.ACCOUNT_CLOSED, "creditor")
    elif not book.has_room(creditor, amount):
        return Refused(Refusal.AMOUNT_TOO_LARGE, "creditor", CREDITOR_FULL)
    debtor = book.accounts[payment.debtor]
    if rest:
        _release(book, batch, command, payment, rest, payment.state or S.AUTHORIZED, 0, now, leg)
    record = _record(book, batch, command, payment, K.CAPTURED, now, amount)
    record.leg = leg
    book.touch(batch, debtor)
    debtor.held -= amount
    if creditor is not None:
        settle(book, batch, debtor, creditor, record, now)
    else:
        send(book, batch, debtor, record)
    record.debit, record.debit_posted, record.debit_held = debtor.number, debtor.posted, debtor.held
    if payment.held - amount > 0:
        record.state = S.PARTIALLY_CAPTURED
    elif payment.in_transit or creditor is None:
        record.state = S.CAPTURED
    else:
        record.state = S.SETTLED
    return _apply(book, batch, payment, record)


def _release(
    book: Book, batch: Batch, command: Act, payment: Payment, amount: int, state: PaymentState,
    reason: DeclineReason | int, now: int, leg: int = 0,
) -> Done:  # fmt: skip
    """Gives held money back to the debtor; `leg`: of the final capture that doesn't want it."""
    debtor = book.accounts[payment.debtor]
    record = _record(book, batch, command, payment, K.RELEASED, now, amount)
    if record.key is not None and leg:
        record.key, record.fingerprint = None, 0
    book.touch(batch, debtor)
    debtor.held -= amount
    debtor.give_back(amount, payment.authorised_at, whole=not leg and not payment.captured_once)
    record.leg, record.state, record.reason = leg, state, int(reason)
    record.debit, record.debit_posted, record.debit_held = debtor.number, debtor.posted, debtor.held
    return _apply(book, batch, payment, record)


def _cancel(book: Book, batch: Batch, command: Act, payment: Payment, now: int) -> Answer:
    if not payment.held:
        return Refused(Refusal.WRONG_STATE, detail=_in_state(payment))
    state = payment.state_when_closed() if payment.captured else S.CANCELLED
    if payment.state is S.PARTIALLY_CAPTURED:
        state = payment.state_when_closed()
    return _release(book, batch, command, payment, payment.held, state, 0, now)


def _accept(
    book: Book, batch: Batch, command: Act, payment: Payment, now: int, times: Times
) -> Answer:
    if payment.state is not S.IN_REVIEW:
        return Refused(Refusal.WRONG_STATE, detail=_in_state(payment))
    if payment.expires_at <= now:
        return Refused(Refusal.WRONG_STATE, detail="the review has expired")
    if _submitted_it(command, payment):
        return Refused(Refusal.OWN_REVIEW)
    if not payment.manual:
        return _pay_from_hold(book, batch, command, payment, 0, payment.held, 0, now)
    record = _record(book, batch, command, payment, K.ACCEPTED, now, payment.held)
    record.state = S.AUTHORIZED
    record.expires_at = now + (payment.expires_in_s or times.hold_s) * 1_000_000
    return _apply(book, batch, payment, record)


def _reject(book: Book, batch: Batch, command: Act, payment: Payment, now: int) -> Answer:
    if payment.state is not S.IN_REVIEW:
        return Refused(Refusal.WRONG_STATE, detail=_in_state(payment))
    if _submitted_it(command, payment):
        return Refused(Refusal.OWN_REVIEW)
    reason = DeclineReason.REVIEW_REJECTED
    return _release(book, batch, command, payment, payment.held, S.DECLINED, reason, now)


def _submitted_it(command: Act, payment: Payment) -> bool:
    return bool(command.by) and command.by == payment.submitted_by


def _expire(book: Book, batch: Batch, command: Act, payment: Payment, now: int) -> Answer:
    """The clock's word is checked again: a capture or cancel may have been first."""
    if not payment.held or payment.expires_at > now:
        return Refused(Refusal.WRONG_STATE, detail=_in_state(payment))
    reason = DeclineReason.NONE
    state = S.EXPIRED
    if payment.state is S.IN_REVIEW:
        reason = DeclineReason.REVIEW_EXPIRED
    elif payment.state is S.PARTIALLY_CAPTURED:
        state = payment.state_when_closed()
    return _release(book, batch, command, payment, payment.held, state, reason, now)


def _refund(book: Book, batch: Batch, command: Act, payment: Payment, now: int) -> Answer:
    if payment.state not in REFUNDABLE_STATES:
        return Refused(Refusal.WRONG_STATE, detail=_in_state(payment))
    amount = command.amount or payment.refundable
    if not amount or amount > payment.refundable:
        detail = f"{payment.refundable} is left to refund"
        return Refused(Refusal.AMOUNT_TOO_LARGE, "amount", detail)
    debtor = book.accounts[payment.debtor]
    if debtor.state is AccountState.CLOSED:
        return Refused(Refusal.ACCOUNT_CLOSED, "debtor")
    if not book.has_room(debtor, amount):
        return Refused(
            Refusal.AMOUNT_TOO_LARGE, "amount", "the debtor's balance would pass its bound"
        )
    if payment.next_leg > LEG_MAX:
        detail = f"the payment has had {LEG_MAX} captures and refunds"
        return Refused(Refusal.TOO_MANY_MOVEMENTS, detail=detail)
    if book.open_legs >= book.open_legs_max:
        return Refused(Refusal.OVERLOADED, detail=TOO_MANY_LEGS)
    record = _record(book, batch, command, payment, K.REFUND_REQUESTED, now, amount)
    record.leg = payment.next_leg
    record.state = payment.state
    done = _apply(book, batch, payment, record)
    open_leg(book, batch, record, payment.debtor)
    return done


def _record(
    book: Book, batch: Batch, command: Act, payment: Payment, kind: RecordKind, now: int,
    amount: int,
) -> Record:  # fmt: skip
    """The next record of a payment, still without postings and state."""
    debtor: Account = book.accounts[payment.debtor]
    partition = book.partitions[debtor.partition]
    seq = book.next_seq(batch, partition, now)
    return Record(
        seq=seq, credit_seq=seq, partition=partition.number, credit_partition=partition.number,
        kind=kind, at=now, occurred_at=now, tenant=payment.tenant, currency=payment.currency,
        amount=amount, payment=payment.id, creditor=payment.creditor, key=command.key,
        fingerprint=command.fingerprint, trace=command.trace, details=command.details,
    )  # fmt: skip


def _apply(book: Book, batch: Batch, payment: Payment, record: Record) -> Done:
    """Applies a finished record to the payment and its hold, and hands it to the batch."""
    book.touch_payment(batch, payment)
    payment.apply(record)
    batch.records.append(record)
    if record.kind != K.REFUND_REQUESTED:
        hold = (
            Hold(
                payment.id, record.partition, payment.debtor, payment.held,
                payment.state is S.IN_REVIEW, payment.expires_at, payment.expires_in_s,
                payment.submitted_by,
            )
            if payment.held
            else None
        )  # fmt: skip
        batch.put(HOLDS, payment.id, hold)
    return Done(
        record.partition,
        record.seq,
        record.at,
        payment.id,
        record.state,
        record.reason,
        amount=record.amount,
        leg=record.leg,
        expires_at=record.expires_at or 0,
    )


def _in_state(payment: Payment) -> str:
    state = payment.state
    return f"the payment is {state.name.lower()}" if state else ""
