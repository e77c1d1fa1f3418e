"""What users are told of records: the types of events and what they mean.

One thing that a user means is told by one of them, wherever the accounts live. Kinds of records
name theirs (journal/kinds.py).
"""

from typing import NamedTuple


class Told(NamedTuple):
    """By an event, an entry of a statement or a step of a timeline."""

    type: str
    """Of an event, without its prefix; what follows the point is a kind of entries and steps."""
    meaning: str

    @property
    def name(self) -> str:
        """The kind of an entry or a step."""
        return self.type.partition(".")[2]


ACCOUNT_OPENED = Told("account.opened", "An account was opened; `data` is what it was set to.")
ACCOUNT_CHANGED = Told(
    "account.changed",
    "An account was limited, given a credit line, frozen or unfrozen; `data` is how it is set now.",
)
ACCOUNT_CLOSED = Told("account.closed", "An account was closed, with nothing in it.")
ACCOUNT_DEPOSITED = Told("account.deposited", "Money came in from outside.")
ACCOUNT_WITHDRAWN = Told("account.withdrawn", "Money went out.")
PAYMENT_SETTLED = Told(
    "payment.settled",
    "A payment's money has arrived at the creditor: at once, or after a review.",
)
PAYMENT_DECLINED = Told(
    "payment.declined", "A payment was declined when it was made; `decline_reason` says why."
)
PAYMENT_HELD = Told("payment.held", "An amount is held on the debtor's account until captured.")
PAYMENT_HELD_FOR_REVIEW = Told(
    "payment.held_for_review", "An amount is held until a reviewer accepts or rejects the payment."
)
PAYMENT_ACCEPTED = Told(
    "payment.accepted", "A reviewer accepted a payment that is to be captured: it stays held."
)
PAYMENT_CAPTURED = Told(
    "payment.captured",
    "A capture has arrived at the creditor: `amount` of what was held. The payment is settled with"
    " the one whose `status` says so.",
)
PAYMENT_RELEASED = Told(
    "payment.released",
    "`amount` of what was held is the debtor's again: cancelled, expired, rejected, or not wanted"
    " by the final capture that follows.",
)
PAYMENT_RETURNED = Told(
    "payment.returned",
    "The creditor's account could not take the money, which is the debtor's again;"
    " `decline_reason` says why.",
)
PAYMENT_REFUND_REQUESTED = Told(
    "payment.refund_requested", "A refund was asked for; the creditor's account has yet to pay it."
)
PAYMENT_REFUNDED = Told("payment.refunded", "A refund has arrived at the debtor.")
PAYMENT_REFUND_DECLINED = Told(
    "payment.refund_declined",
    "The creditor's account could not pay a refund; `decline_reason` says why.",
)
