"""A payment as the sum of its records."""

from headrace.runtime.journal.account_numbers import is_system_account
from headrace.runtime.journal.kinds import TO_REFUND, RecordKind, Step
from headrace.runtime.journal.record import NO_LEG, Record
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.payments.states import check_transition

S = PaymentState
CAPTURES_MAX = 32_000
"""So that what was captured can still be refunded."""


class Payment:
    """Amounts in minor units; times in microseconds.

    While it is open: amount = held + captured + returned + released.
    `in_transit` and `refunding` map a leg's number to its amount.
    """

    __slots__ = (
        "amount", "authorised_at", "batch", "captured", "creditor", "currency", "debtor",
        "expires_at", "expires_in_s", "held", "id", "in_transit", "manual", "next_leg", "refunded",
        "refunding", "state", "submitted_by", "tenant",
    )  # fmt: skip

    def __init__(self, first: Record) -> None:
        self.id = first.payment
        self.tenant = first.tenant
        self.debtor = first.debit
        self.creditor = first.creditor
        self.amount = first.amount
        self.currency = first.currency
        self.authorised_at = first.at
        self.manual = first.leg == NO_LEG
        self.expires_at = first.expires_at or 0
        self.expires_in_s = 0
        """Of a review: how long the hold was asked to last once accepted; 0: the default."""
        self.submitted_by = b""
        """Of a review: the id of the API key that submitted the payment; empty: not known."""
        self.state: PaymentState | None = None
        self.held = 0
        self.captured = 0
        self.refunded = 0
        self.in_transit: dict[int, int] = {}
        self.refunding: dict[int, int] = {}
        self.next_leg = 1
        self.batch = 0
        """The last batch that touched it, as of an account."""
        self.apply(first)

    def copy(self) -> "Payment":
        """As it is now, to go back to."""
        same = object.__new__(Payment)
        for name in self.__slots__:
            setattr(same, name, getattr(self, name))
        same.in_transit, same.refunding = dict(self.in_transit), dict(self.refunding)
        return same

    @property
    def captured_once(self) -> bool:
        """Whether any of a hold was ever captured, also if it came back since."""
        return self.next_leg > 1

    @property
    def refundable(self) -> int:
        """SettleLegs and neither refunded nor reserved for a refund under way."""
        return self.captured - sum(self.in_transit.values()) - self.refunded - sum(
            self.refunding.values()
        )  # fmt: skip

    def apply(self, record: Record) -> None:
        """Takes the next record in; IllegalTransition when the states' table does not list it."""
        kind, amount, leg = RecordKind(record.kind), record.amount, record.leg
        state = check_transition(self.state, kind, PaymentState(record.state))
        facts = kind.facts
        self.held += facts.debit.held * amount
        self.captured += facts.captured * amount
        self.refunded += facts.refunded * amount
        if facts.expires:
            self.expires_at = record.expires_at or 0
        if facts.step:
            under_way = self.refunding if facts.ways == TO_REFUND else self.in_transit
            if facts.step is not Step.OPENS:
                del under_way[leg]
            else:
                self.next_leg = max(self.next_leg, leg + 1)
                if is_system_account(record.credit):
                    under_way[leg] = amount
        self.state = state

    def state_when_closed(self) -> PaymentState:
        """Of a payment with nothing held any more: under way, arrived, or all come back."""
        if self.in_transit:
            return S.CAPTURED
        return S.SETTLED if self.captured else S.RETURNED

    def state_after_arrival(self, leg: int) -> PaymentState:
        """What COMPLETED of a leg makes of it."""
        if self.state is S.AUTHORIZED:
            return S.SETTLED
        if self.state is S.CAPTURED and len(self.in_transit) == 1 and leg in self.in_transit:
            return S.SETTLED
        return self._state()

    def state_after_return(self, leg: int) -> PaymentState:
        """What RETURNED of a leg makes of it."""
        if self.state is S.AUTHORIZED:
            return S.RETURNED
        if self.state is S.CAPTURED and len(self.in_transit) == 1:
            return S.SETTLED if self.captured > self.in_transit[leg] else S.RETURNED
        return self._state()

    def state_after_refund(self, amount: int) -> PaymentState:
        """What REFUNDED of an amount makes of it."""
        return S.REFUNDED if self.refunded + amount == self.captured else S.PARTIALLY_REFUNDED

    def _state(self) -> PaymentState:
        if self.state is None:
            raise ValueError("a payment has a state from its first record on")
        return self.state
