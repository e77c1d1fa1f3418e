"""Deciding legs: their counterpart carries them out once, and home records what it answered."""

from headrace.runtime.ledger.record import Record
from headrace.runtime.partitioning import TRANSIT_IN, TRANSIT_OUT, system_account
from headrace.runtime.payments.account import Account, AccountState
from headrace.runtime.payments.answer import Answer, Done, Refused
from headrace.runtime.payments.book import Batch, Book, LegToCarry, OpenLeg, again
from headrace.runtime.payments.command import Arrived
from headrace.runtime.payments.payment import Payment
from headrace.runtime.payments.refusals import DeclineReason, Refusal
from headrace.runtime.payments.states import PaymentState, RecordKind, check_transition

S, K = PaymentState, RecordKind
SOLE_LEG_ENDS = {
    kind: check_transition(S.AUTHORIZED, kind, state)
    for kind, state in ((K.COMPLETED, S.SETTLED), (K.RETURNED, S.RETURNED))
}
"""What becomes of a payment whose only leg ends so."""
AMOUNT_MAX = 2**63 - 1


def decide_carry(book: Book, batch: Batch, leg: LegToCarry, now: int) -> Answer:
    """Credits (or, for a refund, debits) the creditor, or refuses for good. The first word stands:
    the ledger keeps (payment, leg) unique, and a repeat gets the same answer."""
    known = book.carried.get((leg.payment, leg.leg)) or leg.carried
    if known is not None:
        return again(known)
    account = book.accounts[leg.creditor]
    partition = book.partitions[account.partition]
    now = max(now, partition.at)
    reason = _obstacle(account, leg)
    seq = book.next_seq(batch, partition, now)
    record = Record(
        seq, seq,
        0, 0, leg.creditor, leg.amount,
        0, 0, 0, 0,
        now, leg.occurred_at, 0,
        leg.payment, leg.trace, leg.tenant, 0,
        partition.number, partition.number,
        K.LEG_REFUSED, 0, int(reason), leg.leg, leg.currency,
    )  # fmt: skip
    if not reason:
        kind = TRANSIT_OUT if leg.refund else TRANSIT_IN
        transit = book.accounts[system_account(partition.number, leg.currency, kind)]
        payer, payee = (account, transit) if leg.refund else (transit, account)
        record.kind = K.REFUND_DEBITED if leg.refund else K.CREDITED
        post(book, batch, record, payer, payee)
    batch.records.append(record)
    done = Done(record.partition, seq, now, leg.payment, reason=int(reason), leg=leg.leg)
    book.carried[leg.payment, leg.leg] = done
    batch.carried.append((leg.payment, leg.leg))
    return done


def _obstacle(account: Account, leg: LegToCarry) -> DeclineReason:
    if account.state is AccountState.CLOSED:
        return DeclineReason.CREDITOR_CLOSED
    if not leg.refund:
        overflow = account.posted > AMOUNT_MAX - leg.amount
        return DeclineReason.BALANCE_LIMIT if overflow else DeclineReason.NONE
    if account.state is AccountState.FROZEN:
        return DeclineReason.CREDITOR_FROZEN
    if account.available < leg.amount:
        return DeclineReason.INSUFFICIENT_FUNDS
    return DeclineReason.NONE


def decide_arrived(book: Book, batch: Batch, command: Arrived, now: int) -> Answer:
    """Home completes, returns or refunds what the counterpart answered; once, for the leg is then
    closed. The payment is in the book unless its leg is 0, whose outcome needs no more."""
    leg = book.open_legs.get((command.payment, command.leg))
    if leg is None:
        return Refused(Refusal.WRONG_STATE, detail="the leg is closed")
    payment = book.payments.get(leg.payment)
    partition = book.partitions[leg.partition]
    now = max(now, partition.at)
    seq = book.next_seq(batch, partition, now)
    record = Record(
        seq, seq,
        0, 0, leg.creditor, leg.amount,
        0, 0, 0, 0,
        now, now, 0,
        leg.payment, leg.trace, leg.tenant, 0,
        partition.number, partition.number,
        0, 0, command.reason, leg.leg, leg.currency,
    )  # fmt: skip
    kind = K.COMPLETED
    if leg.refund:
        kind = K.REFUND_DECLINED if command.reason else K.REFUNDED
    elif command.reason:
        kind = K.RETURNED
    record.kind = kind
    record.state = (
        SOLE_LEG_ENDS[kind] if leg.sole and payment is None else _state_after(payment, leg, kind)
    )
    if kind is K.RETURNED or kind is K.REFUNDED:
        way = TRANSIT_IN if leg.refund else TRANSIT_OUT
        transit = book.accounts[system_account(leg.partition, leg.currency, way)]
        post(book, batch, record, transit, book.accounts[leg.debtor])
    if payment is not None:
        payment.apply(record)
        book.touch_payment(batch, payment)
    batch.payments.add(leg.payment)
    batch.records.append(record)
    book.close_leg(batch, leg)
    return Done(record.partition, seq, now, leg.payment, record.state, command.reason, leg=leg.leg)


def _state_after(payment: Payment | None, leg: OpenLeg, kind: RecordKind) -> PaymentState:
    if payment is None:
        raise LookupError(f"payment {leg.payment.hex()} of a leg is not loaded")
    match kind:
        case K.COMPLETED:
            return payment.state_after_arrival(leg.leg)
        case K.RETURNED:
            return payment.state_after_return(leg.leg)
        case K.REFUNDED:
            return payment.state_after_refund(leg.amount)
        case _:
            return payment.state or S.SETTLED


def post(book: Book, batch: Batch, record: Record, payer: Account, payee: Account) -> None:
    """Moves the record's amount between two accounts of its partition."""
    payer.posted -= record.amount
    payee.posted += record.amount
    book.touch(batch, payer)
    book.touch(batch, payee)
    record.debit, record.debit_posted, record.debit_held = payer.number, payer.posted, payer.held
    record.credit, record.credit_posted, record.credit_held = (
        payee.number, payee.posted, payee.held
    )  # fmt: skip
