"""Deciding what is asked of an existing payment, at its home."""

from headrace.runtime.ledger.record import Record
from headrace.runtime.partitioning import ACCOUNT_BITS
from headrace.runtime.payments.account import Account, AccountState
from headrace.runtime.payments.answer import Answer, Done, Refused
from headrace.runtime.payments.book import Batch, Book, Hold
from headrace.runtime.payments.command import Act, PaymentAction
from headrace.runtime.payments.decide_payment import Times, open_leg, send, settle
from headrace.runtime.payments.payment import Payment
from headrace.runtime.payments.refusals import DeclineReason, Refusal
from headrace.runtime.payments.states import PaymentState, RecordKind

S, K, A = PaymentState, RecordKind, PaymentAction
HELD_STATES = (S.AUTHORIZED, S.PARTIALLY_CAPTURED)
REFUNDABLE_STATES = (S.SETTLED, S.PARTIALLY_REFUNDED)


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
        now = max(now, book.partitions[payment.creditor >> ACCOUNT_BITS].at)
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
    rest = payment.held - amount if command.final else 0
    return _pay_from_hold(book, batch, command, payment, payment.next_leg, amount, rest, now)


def _pay_from_hold(
    book: Book, batch: Batch, command: Act, payment: Payment, leg: int, amount: int, rest: int,
    now: int,
) -> Answer:  # fmt: skip
    """Moves held money on its way; `rest` of the hold, if any, is released in the same commit."""
    creditor = book.accounts.get(payment.creditor)
    if creditor is not None and creditor.state is AccountState.CLOSED:
        return Refused(Refusal.ACCOUNT_CLOSED, "creditor")
    debtor = book.accounts[payment.debtor]
    record = _record(book, batch, command, payment, K.CAPTURED, now, amount)
    record.leg = leg
    debtor.held -= amount
    book.touch(batch, debtor)
    if creditor is not None:
        settle(book, batch, debtor, creditor, record, now)
    else:
        send(book, batch, debtor, record)
    record.debit, record.debit_posted, record.debit_held = debtor.number, debtor.posted, debtor.held
    if payment.held - amount - rest > 0:
        record.state = S.PARTIALLY_CAPTURED
    elif payment.in_transit or creditor is None:
        record.state = S.CAPTURED
    else:
        record.state = S.SETTLED
    done = _take(book, batch, payment, record)
    if rest:
        _release(book, batch, command, payment, rest, payment.state or S.CAPTURED, 0, now, leg)
    return done


def _release(
    book: Book, batch: Batch, command: Act, payment: Payment, amount: int, state: PaymentState,
    reason: DeclineReason | int, now: int, leg: int = 0,
) -> Done:  # fmt: skip
    """Gives held money back to the debtor."""
    debtor = book.accounts[payment.debtor]
    record = _record(book, batch, command, payment, K.RELEASED, now, amount)
    if record.key is not None and leg:
        record.key, record.fingerprint = None, 0
    debtor.held -= amount
    debtor.give_back(amount, payment.authorised_at, whole=payment.captured == 0)
    book.touch(batch, debtor)
    record.leg, record.state, record.reason = leg, state, int(reason)
    record.debit, record.debit_posted, record.debit_held = debtor.number, debtor.posted, debtor.held
    return _take(book, batch, payment, record)


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
    if not payment.manual:
        return _pay_from_hold(book, batch, command, payment, 0, payment.held, 0, now)
    record = _record(book, batch, command, payment, K.ACCEPTED, now, payment.held)
    record.state = S.AUTHORIZED
    record.expires_at = now + times.hold_s * 1_000_000
    return _take(book, batch, payment, record)


def _reject(book: Book, batch: Batch, command: Act, payment: Payment, now: int) -> Answer:
    if payment.state is not S.IN_REVIEW:
        return Refused(Refusal.WRONG_STATE, detail=_in_state(payment))
    reason = DeclineReason.REVIEW_REJECTED
    return _release(book, batch, command, payment, payment.held, S.DECLINED, reason, now)


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
    if book.accounts[payment.debtor].state is AccountState.CLOSED:
        return Refused(Refusal.ACCOUNT_CLOSED, "debtor")
    record = _record(book, batch, command, payment, K.REFUND_REQUESTED, now, amount)
    record.leg = payment.next_leg
    record.state = payment.state
    done = _take(book, batch, payment, record)
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


def _take(book: Book, batch: Batch, payment: Payment, record: Record) -> Done:
    """Applies a finished record to the payment and its hold, and hands it to the batch."""
    payment.apply(record)
    book.touch_payment(batch, payment)
    batch.records.append(record)
    if record.kind != K.REFUND_REQUESTED:
        batch.holds[payment.id] = (
            Hold(
                payment.id, record.partition, payment.debtor, payment.held,
                payment.state is S.IN_REVIEW, payment.expires_at,
            )
            if payment.held
            else None
        )  # fmt: skip
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
