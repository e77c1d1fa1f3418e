"""The records that move a payment from state to state (runtime/journal/), and who causes each.

This table is the state machine: `next_state` raises on a move that it does not list, and
ARCHITECTURE.md shows it (a test compares the two).
"""

from typing import NamedTuple

from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.states import PaymentState

S, K = PaymentState, RecordKind


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
    Transition(S.AUTHORIZED, K.RELEASED, S.AUTHORIZED, "rest of a final capture, before it"),
    Transition(S.AUTHORIZED, K.RELEASED, S.CANCELLED, "client cancels"),
    Transition(S.AUTHORIZED, K.RELEASED, S.EXPIRED, "clock: the hold expired"),
    Transition(S.PARTIALLY_CAPTURED, K.CAPTURED, S.PARTIALLY_CAPTURED, "client captures a part"),
    Transition(S.PARTIALLY_CAPTURED, K.CAPTURED, S.CAPTURED, "client captures the rest"),
    Transition(S.PARTIALLY_CAPTURED, K.CAPTURED, S.SETTLED, "client captures the rest"),
    Transition(S.PARTIALLY_CAPTURED, K.COMPLETED, S.PARTIALLY_CAPTURED, "a captured leg arrived"),
    Transition(
        S.PARTIALLY_CAPTURED, K.RELEASED, S.PARTIALLY_CAPTURED, "rest of a final capture, before it"
    ),
    Transition(S.PARTIALLY_CAPTURED, K.RELEASED, S.CAPTURED, "rest released, a leg is under way"),
    Transition(S.PARTIALLY_CAPTURED, K.RELEASED, S.SETTLED, "rest released, all has arrived"),
    Transition(S.PARTIALLY_CAPTURED, K.RETURNED, S.PARTIALLY_CAPTURED, "a captured leg came back"),
    Transition(S.PARTIALLY_CAPTURED, K.RELEASED, S.RETURNED, "rest released, every leg came back"),
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
