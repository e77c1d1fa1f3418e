"""Why a payment went another way than it was asked to, as the journal keeps it."""

from enum import IntEnum


class DeclineReason(IntEnum):
    """Why a payment was declined, returned, or not refunded. Stable, journalled numbers."""

    NONE = 0
    PAYMENT_LIMIT = 1
    DAILY_AMOUNT_LIMIT = 2
    DAILY_COUNT_LIMIT = 3
    RISK_REJECTED = 4
    RISK_UNAVAILABLE = 5
    INSUFFICIENT_FUNDS = 6
    REVIEW_REJECTED = 7
    REVIEW_EXPIRED = 8
    CREDITOR_CLOSED = 9
    CREDITOR_FROZEN = 10
    """Of a refund: the creditor's account may not be debited."""
    BALANCE_LIMIT = 11
    """The balance would pass its bound (runtime/money.py)."""
