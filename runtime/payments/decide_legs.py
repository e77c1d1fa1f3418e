"""Deciding legs: their counterpart posts them once, and home records what it answered.

They come many at once and are decided as columns, without an object for each.
"""

from struct import Struct as Layout

import numpy as np
from numpy.typing import NDArray

from headrace.runtime.journal.account_numbers import TRANSIT_IN, TRANSIT_OUT, system_account
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.reasons import DeclineReason
from headrace.runtime.journal.record import Record, Rows, rows
from headrace.runtime.journal.states import AccountState, PaymentState
from headrace.runtime.payments.account import Account
from headrace.runtime.payments.answer import NO_SUCH_LEG, LegsDone
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import PostLegs, SettleLegs
from headrace.runtime.payments.open_leg import OpenLeg, ShownLegs
from headrace.runtime.payments.payment import Payment
from headrace.runtime.payments.posting import move, post
from headrace.runtime.payments.states import check_transition

S, K = PaymentState, RecordKind
SOLE_LEG_ENDS = {
    kind: check_transition(S.AUTHORIZED, kind, state)
    for kind, state in ((K.COMPLETED, S.SETTLED), (K.RETURNED, S.RETURNED))
}
"""What becomes of a payment whose only leg ends so."""

_ENTRY = np.dtype(
    [
        ("row", "<i8"), ("kind", "<i8"), ("reason", "<i8"), ("partition", "<i8"), ("seq", "<i8"),
        ("at", "<i8"), ("debit", "<i8"), ("debit_posted", "<i8"), ("debit_held", "<i8"),
        ("credit", "<i8"), ("credit_posted", "<i8"), ("credit_held", "<i8"),
    ]
)  # fmt: skip
"""What the counterpart decides about a leg; all else is as the ledger shows it. `row`: of the leg
among those shown."""
_DECIDED = _ENTRY.names[1:] if _ENTRY.names else ()
_entry = Layout(f"<{_ENTRY.itemsize // 8}q").pack
_TO_DECIDE = ("index", "kind", "creditor", "amount", "currency")
_AS_SHOWN = ("payment", "trace", "tenant", "creditor", "amount", "currency", "leg", "occurred_at")


def decide_post_legs(
    book: Book, batch: Batch, command: PostLegs, shown: ShownLegs, now: int
) -> LegsDone:
    """Credits (or, for a refund, debits) the creditors, or refuses for good. The first word stands:
    the ledger keeps (payment, leg) unique, and a repeat gets the same answer. What the ledger does
    not show is no leg."""
    reasons = [NO_SUCH_LEG] * len(command.seqs)
    answered, accounts, partitions = book.answered_legs, book.accounts, book.partitions
    entries: list[bytes] = []
    legs = (shown.legs[name].tolist() for name in _TO_DECIDE)
    for row, (index, opened_as, creditor, amount, currency) in enumerate(zip(*legs, strict=True)):
        opened_by = command.homes[index], command.seqs[index]
        known = answered.get(opened_by)
        if known is None:
            known = shown.answered.get(index)
        if known is not None:
            reasons[index] = known
            continue
        account = accounts.get(creditor)
        if account is None:
            continue
        partition = partitions[account.partition]
        at = max(now, partition.at)
        seq = book.next_seq(batch, partition, at)
        refund = opened_as == K.REFUND_REQUESTED
        reason = _obstacle(book, account, amount, refund)
        if reason:
            entries.append(
                _entry(row, K.LEG_REFUSED, reason, partition.number, seq, at, 0, 0, 0, 0, 0, 0)
            )
        else:
            way = TRANSIT_OUT if refund else TRANSIT_IN
            transit = accounts[system_account(partition.number, currency, way)]
            payer, payee = (account, transit) if refund else (transit, account)
            move(book, batch, amount, payer, payee)
            entries.append(
                _entry(
                    row, K.REFUND_DEBITED if refund else K.CREDITED, 0, partition.number, seq, at,
                    payer.number, payer.posted, payer.held, payee.number, payee.posted, payee.held,
                )
            )  # fmt: skip
        reasons[index] = answered[opened_by] = int(reason)
        batch.answered_legs.append(opened_by)
    if entries:
        batch.rows.append(_entries(shown.legs, np.frombuffer(b"".join(entries), _ENTRY)))
    return LegsDone(reasons)


def _entries(legs: NDArray[np.void], decided: NDArray[np.void]) -> Rows:
    entries, posted = rows(len(decided)), legs[decided["row"]]
    for name in _AS_SHOWN:
        entries[name] = posted[name]
    for name in _DECIDED:
        entries[name] = decided[name]
    entries["credit_seq"], entries["credit_partition"] = decided["seq"], decided["partition"]
    return entries


def _obstacle(book: Book, account: Account, amount: int, refund: bool) -> DeclineReason:
    if account.state is AccountState.CLOSED:
        return DeclineReason.CREDITOR_CLOSED
    if not refund:
        has_room = book.has_room(account, amount)
        return DeclineReason.NONE if has_room else DeclineReason.BALANCE_LIMIT
    if account.state is AccountState.FROZEN:
        return DeclineReason.CREDITOR_FROZEN
    if account.available < amount:
        return DeclineReason.INSUFFICIENT_FUNDS
    return DeclineReason.NONE


def decide_settle_legs(book: Book, batch: Batch, command: SettleLegs, now: int) -> LegsDone:
    """Home completes, returns or refunds what the counterpart answered; once, for a leg is then
    closed. Payments are in the book but for sole legs, whose outcome needs no more."""
    reasons = []
    completed: list[OpenLeg] = []
    numbered: list[tuple[int, int]] = []
    for home, opened_by, reason in zip(command.homes, command.seqs, command.reasons, strict=True):
        partition = book.partitions[home]
        leg = partition.open_legs.get(opened_by)
        if leg is None:
            reasons.append(NO_SUCH_LEG)
            continue
        reasons.append(0)
        book.close_leg(batch, leg)
        at = max(now, partition.at)
        seq = book.next_seq(batch, partition, at)
        payment = book.payments.get(leg.payment)
        if reason or payment is not None or not leg.sole:
            _end(book, batch, leg, payment, reason, seq, at)
        else:
            completed.append(leg)
            numbered.append((seq, at))
    if completed:
        for leg in completed:
            batch.payments.setdefault(leg.payment, None)
        batch.rows.append(_completed(completed, numbered))
    return LegsDone(reasons)


def _completed(legs: list[OpenLeg], numbered: list[tuple[int, int]]) -> Rows:
    """The ends of sole legs that were posted. `numbered`: sequence and time of each."""
    ends = rows(len(legs))
    ends["kind"], ends["state"] = K.COMPLETED, SOLE_LEG_ENDS[K.COMPLETED]
    ends["seq"], ends["at"] = np.array(numbered).T
    ends["credit_seq"], ends["occurred_at"] = ends["seq"], ends["at"]
    ends["payment"] = np.frombuffer(b"".join([leg.payment for leg in legs]), "S16")
    ends["trace"] = np.frombuffer(b"".join([leg.trace for leg in legs]), "S16")
    ends["tenant"] = [leg.tenant for leg in legs]
    ends["creditor"] = [leg.creditor for leg in legs]
    ends["amount"] = [leg.amount for leg in legs]
    ends["currency"] = [leg.currency for leg in legs]
    ends["partition"] = ends["credit_partition"] = [leg.partition for leg in legs]
    ends["leg"] = [leg.leg for leg in legs]
    return ends


def _end(
    book: Book, batch: Batch, leg: OpenLeg, payment: Payment | None, reason: int, seq: int, at: int
) -> None:
    """Any other end of a leg, by itself."""
    kind = K.COMPLETED
    if leg.refund:
        kind = K.REFUND_DECLINED if reason else K.REFUNDED
    elif reason:
        kind = K.RETURNED
    record = Record(
        seq=seq, credit_seq=seq, partition=leg.partition, credit_partition=leg.partition,
        kind=kind, at=at, occurred_at=at, tenant=leg.tenant, currency=leg.currency,
        amount=leg.amount, payment=leg.payment, leg=leg.leg, creditor=leg.creditor, reason=reason,
        trace=leg.trace,
    )  # fmt: skip
    record.state = (
        SOLE_LEG_ENDS[kind] if leg.sole and payment is None else _state_after(payment, leg, kind)
    )
    if kind is K.RETURNED or kind is K.REFUNDED:
        way = TRANSIT_IN if leg.refund else TRANSIT_OUT
        transit = book.accounts[system_account(leg.partition, leg.currency, way)]
        post(book, batch, record, transit, book.accounts[leg.debtor])
    if payment is None:
        batch.payments.setdefault(leg.payment, None)
    else:
        book.touch_payment(batch, payment)
        payment.apply(record)
    batch.records.append(record)


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
