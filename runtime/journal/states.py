"""The states of payments and accounts: one row a state says all that anyone has to know of it.

The rows of payments' states are written to the ledger's table `states` too. What moves a payment
from one to another is runtime/payments/states.py.
"""

from enum import IntEnum
from typing import NamedTuple


class StateFacts(NamedTuple):
    """What is true of a payment in a state."""

    words: str
    open: bool = False
    """Something is held or on its way; else it is final, though a refund may still come."""
    holds: bool = False
    """Some of it may be held."""
    capturable: bool = False
    refundable: bool = False
    arrived: bool = False
    """The creditor has been credited."""
    tells_reason: bool = False
    """Readers are told why."""


class PaymentState(IntEnum):
    """Stable numbers below 256: they stand in the journal."""

    facts: StateFacts

    def __new__(cls, number: int, facts: StateFacts | None = None) -> "PaymentState":
        if facts is None:
            raise TypeError(f"state {number} has no row of facts")
        state = int.__new__(cls, number)
        state._value_ = number
        state.facts = facts
        return state

    IN_REVIEW = 1, StateFacts(
        "Held until a person accepts or rejects it, or the review expires.", open=True, holds=True,
    )  # fmt: skip
    AUTHORIZED = 2, StateFacts(
        "Held until captured, or debited and on its way to the creditor.",
        open=True, holds=True, capturable=True,
    )  # fmt: skip
    PARTIALLY_CAPTURED = 3, StateFacts(
        "A part was captured, the rest is held.", open=True, holds=True, capturable=True,
    )  # fmt: skip
    CAPTURED = (
        4,
        StateFacts(
            "Nothing is held any more; a captured leg is on its way to the creditor.", open=True
        ),
    )
    SETTLED = 5, StateFacts("The creditor has it.", arrived=True, refundable=True)
    PARTIALLY_REFUNDED = (
        6,
        StateFacts("The debtor got a part of it back.", arrived=True, refundable=True),
    )
    REFUNDED = 7, StateFacts("The debtor got all of it back.", arrived=True)
    DECLINED = 8, StateFacts("By limits, risk, funds or a reviewer.", tells_reason=True)
    CANCELLED = 9, StateFacts("By the client, before anything was captured.")
    EXPIRED = 10, StateFacts("Neither captured nor reviewed in time.", tells_reason=True)
    RETURNED = (
        11,
        StateFacts(
            "The creditor's account could not take it: the money went back to the debtor.",
            tells_reason=True,
        ),
    )


STATES: dict[str, frozenset[PaymentState]] = {
    "open": frozenset(s for s in PaymentState if s.facts.open),
    "final": frozenset(s for s in PaymentState if not s.facts.open),
    "holds": frozenset(s for s in PaymentState if s.facts.holds),
    "capturable": frozenset(s for s in PaymentState if s.facts.capturable),
    "refundable": frozenset(s for s in PaymentState if s.facts.refundable),
    "arrived": frozenset(s for s in PaymentState if s.facts.arrived),
    "tells_reason": frozenset(s for s in PaymentState if s.facts.tells_reason),
}
"""By what is true of them; SQL says `:states(open)`."""
OPEN_STATES, FINAL_STATES = STATES["open"], STATES["final"]


class AccountState(IntEnum):
    """Stable numbers: they stand in the ledger."""

    OPEN = 1
    FROZEN = 2
    """No debits and no new holds; credits and captures of earlier holds pass."""
    CLOSED = 3


def state_rows() -> dict[int, dict[str, int | str | bool | None]]:
    """What the ledger's table `states` says of each, column by column."""
    return {
        int(s): {
            "number": int(s), "name": s.name.lower(), "open": s.facts.open,
            "final": not s.facts.open, "holds": s.facts.holds, "arrived": s.facts.arrived,
            "tells_reason": s.facts.tells_reason, "words": s.facts.words,
        }
        for s in PaymentState
    }  # fmt: skip
