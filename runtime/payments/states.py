"""The states of a payment, the records that move it between them, and who causes each.

This table is the state machine: `next_state` raises on a move that it does not list, and
ARCHITECTURE.md shows it (a test compares the two).
"""

from enum import IntEnum
from typing import NamedTuple


class PaymentState(IntEnum):
    """Stable numbers: they stand in the journal."""

    IN_REVIEW = 1
    """Held until a person accepts or rejects it, or the review expires."""
    AUTHORIZED = 2
    """Held until captured, or debited and on its way to the creditor."""
    PARTIALLY_CAPTURED = 3
    CAPTURED = 4
    """Nothing is held any more; a captured leg is on its way to the creditor."""
    SETTLED = 5
    PARTIALLY_REFUNDED = 6
    REFUNDED = 7
    DECLINED = 8
    CANCELLED = 9
    EXPIRED = 10
    RETURNED = 11
    """The creditor's account had closed: the money went back to the debtor."""


class RecordKind(IntEnum):
    """What a record of the journal says has happened. Stable numbers."""

    ACCOUNT_OPENED = 1
    ACCOUNT_CHANGED = 2
    ACCOUNT_CLOSED = 3
    DEPOSITED = 4
    WITHDRAWN = 5

    SETTLED = 10
    """Decided and settled in one commit: debtor to creditor."""
    DEBITED = 11
    """Decided; debtor to the home partition's transit_out."""
    COMPLETED = 12
    """Home learned that a leg arrived. No posting."""
    DECLINED = 13
    HELD = 14
    HELD_FOR_REVIEW = 15
    CAPTURED = 16
    """Held money moves: debtor to creditor (one actor) or to transit_out (a leg)."""
    RELEASED = 17
    """A hold, or the rest of it, is given back: cancel, expiry, final capture, rejection."""
    ACCEPTED = 18
    """A reviewer accepted a payment that stays held for capture. No posting."""
    RETURNED = 19
    """The creditor's partition refused a leg: transit_out to debtor."""
    REFUND_REQUESTED = 20
    """Home reserved part of the refundable amount. No posting."""
    REFUNDED = 21
    """Transit_in of home to debtor."""
    REFUND_DECLINED = 22

    CREDITED = 30
    """Counterpart's entry for a leg: its transit_in to creditor."""
    REFUND_DEBITED = 31
    """Counterpart's entry for a refund leg: creditor to its transit_out."""
    LEG_REFUSED = 32
    """Counterpart will never carry out this leg. No posting."""


ACCOUNT_KINDS = frozenset(k for k in RecordKind if k < 10)
COUNTERPART_KINDS = frozenset(k for k in RecordKind if k >= 30)
FIRST_KINDS = frozenset(
    {
        RecordKind.SETTLED,
        RecordKind.DEBITED,
        RecordKind.DECLINED,
        RecordKind.HELD,
        RecordKind.HELD_FOR_REVIEW,
    }
)
"""The kinds that a payment's first record can have."""

S, K = PaymentState, RecordKind
OPEN_STATES = frozenset({S.IN_REVIEW, S.AUTHORIZED, S.PARTIALLY_CAPTURED, S.CAPTURED})
FINAL_STATES = frozenset(S) - OPEN_STATES
"""States in which nothing is held or in transit (a refund may still change the figure)."""


class Transition(NamedTuple):
    """From a state (None: the payment is new), by a record, to a state; `by` says who causes it."""

    source: PaymentState | None
    kind: RecordKind
    target: PaymentState
    by: str


TRANSITIONS: tuple[Transition, ...] = (
    Transition(None, K.SETTLED, S.SETTLED, "debtor's partition: both accounts are its actor's"),
    Transition(None, K.DEBITED, S.AUTHORIZED, "debtor's partition: creditor is another actor's"),
    Transition(None, K.DECLINED, S.DECLINED, "debtor's partition: limits, risk or funds"),
    Transition(None, K.HELD, S.AUTHORIZED, "debtor's partition: capture is manual"),
    Transition(None, K.HELD_FOR_REVIEW, S.IN_REVIEW, "debtor's partition: risk asks for a review"),
    Transition(S.AUTHORIZED, K.COMPLETED, S.SETTLED, "creditor's partition answered"),
    Transition(S.AUTHORIZED, K.RETURNED, S.RETURNED, "creditor's partition refused the leg"),
    Transition(S.IN_REVIEW, K.ACCEPTED, S.AUTHORIZED, "reviewer; capture is manual"),
    Transition(S.IN_REVIEW, K.CAPTURED, S.SETTLED, "reviewer; both accounts are one actor's"),
    Transition(S.IN_REVIEW, K.CAPTURED, S.CAPTURED, "reviewer; creditor is another actor's"),
    Transition(S.IN_REVIEW, K.RELEASED, S.DECLINED, "reviewer rejects"),
    Transition(S.IN_REVIEW, K.RELEASED, S.EXPIRED, "clock: nobody reviewed it in time"),
    Transition(S.IN_REVIEW, K.RELEASED, S.CANCELLED, "client cancels"),
    Transition(S.AUTHORIZED, K.CAPTURED, S.PARTIALLY_CAPTURED, "client captures a part"),
    Transition(
        S.AUTHORIZED, K.CAPTURED, S.CAPTURED, "client captures the rest, a leg is under way"
    ),
    Transition(S.AUTHORIZED, K.CAPTURED, S.SETTLED, "client captures the rest, all has arrived"),
    Transition(S.AUTHORIZED, K.RELEASED, S.CANCELLED, "client cancels"),
    Transition(S.AUTHORIZED, K.RELEASED, S.EXPIRED, "clock: the hold expired"),
    Transition(S.PARTIALLY_CAPTURED, K.CAPTURED, S.PARTIALLY_CAPTURED, "client captures a part"),
    Transition(S.PARTIALLY_CAPTURED, K.CAPTURED, S.CAPTURED, "client captures the rest"),
    Transition(S.PARTIALLY_CAPTURED, K.CAPTURED, S.SETTLED, "client captures the rest"),
    Transition(S.PARTIALLY_CAPTURED, K.COMPLETED, S.PARTIALLY_CAPTURED, "a captured leg arrived"),
    Transition(S.PARTIALLY_CAPTURED, K.RELEASED, S.CAPTURED, "rest released, a leg is under way"),
    Transition(S.PARTIALLY_CAPTURED, K.RELEASED, S.SETTLED, "rest released, all has arrived"),
    Transition(S.PARTIALLY_CAPTURED, K.RETURNED, S.PARTIALLY_CAPTURED, "a captured leg came back"),
    Transition(S.PARTIALLY_CAPTURED, K.RELEASED, S.RETURNED, "rest released, every leg came back"),
    Transition(S.CAPTURED, K.RELEASED, S.CAPTURED, "rest of a final capture released"),
    Transition(S.SETTLED, K.RELEASED, S.SETTLED, "rest of a final capture released"),
    Transition(S.CAPTURED, K.COMPLETED, S.CAPTURED, "a leg arrived, another is under way"),
    Transition(S.CAPTURED, K.COMPLETED, S.SETTLED, "the last leg arrived"),
    Transition(S.CAPTURED, K.RETURNED, S.CAPTURED, "a leg came back, another is under way"),
    Transition(S.CAPTURED, K.RETURNED, S.SETTLED, "a leg came back, the others arrived"),
    Transition(S.CAPTURED, K.RETURNED, S.RETURNED, "every leg came back"),
    *(
        Transition(s, k, s, by)
        for s in (S.SETTLED, S.PARTIALLY_REFUNDED, S.REFUNDED)
        for k, by in (
            (K.REFUND_REQUESTED, "client asks for a refund"),
            (K.REFUND_DECLINED, "creditor's partition: no funds"),
        )
        if not (s is S.REFUNDED and k is K.REFUND_REQUESTED)
    ),
    Transition(S.SETTLED, K.REFUNDED, S.PARTIALLY_REFUNDED, "creditor's partition paid a part"),
    Transition(S.SETTLED, K.REFUNDED, S.REFUNDED, "creditor's partition paid it all"),
    Transition(S.PARTIALLY_REFUNDED, K.REFUNDED, S.PARTIALLY_REFUNDED, "another part"),
    Transition(S.PARTIALLY_REFUNDED, K.REFUNDED, S.REFUNDED, "the rest"),
)

_ALLOWED = frozenset((t.source, t.kind, t.target) for t in TRANSITIONS)


class IllegalTransition(Exception):
    """A record would move a payment in a way that the table does not list: a defect of ours."""

    def __init__(self, source: PaymentState | None, kind: RecordKind, target: PaymentState) -> None:
        super().__init__(source, kind, target)


def check_transition(
    source: PaymentState | None, kind: RecordKind, target: PaymentState
) -> PaymentState:
    """Returns `target`; raises IllegalTransition unless the table lists the move."""
    if (source, kind, target) not in _ALLOWED:
        raise IllegalTransition(source, kind, target)
    return target
