"""Why a request is turned down.

A `Refusal` leaves no trace in the ledger and burns no key: mend it (or wait) and send the same key
again. A `DeclineReason` (runtime/journal/reasons.py) is a durable answer about a payment that was
decided. Each area's problems.py under serve/ has the HTTP form of its refusals, and a test walks
both enums.
"""

from enum import IntEnum


class Refusal(IntEnum):
    """In order of precedence: of several that apply, the first is answered. Stable numbers."""

    UNAUTHENTICATED = 1
    KEY_EXPIRED = 2
    FORBIDDEN = 3
    NOT_FOUND = 4
    METHOD_NOT_ALLOWED = 5
    UNSUPPORTED_MEDIA_TYPE = 6
    BODY_TOO_LARGE = 7
    MALFORMED_JSON = 8
    INVALID_FIELD = 9
    """Unknown, missing or ill-formed field; `field` names it."""
    INVALID_AMOUNT = 10
    UNKNOWN_CURRENCY = 11
    IDEMPOTENCY_KEY_MISSING = 12
    SAME_ACCOUNT = 13
    TOO_MANY_ITEMS = 14
    DUPLICATE_KEY_IN_BATCH = 15
    BODY_TIMED_OUT = 16
    """The request's body did not arrive in time."""
    TENANT_EXISTS = 17
    MALFORMED_REQUEST = 18
    """It could not be read as HTTP."""
    NAME_REPEATED = 19
    """A member, parameter or header that may stand once stands twice; `field` names it."""
    KEY_REUSED = 20
    """The key was used for something else."""
    UNKNOWN_PAYMENT = 21
    UNKNOWN_ACCOUNT = 22
    """`field` says which: debtor, creditor or account."""
    ACCOUNT_EXISTS = 23
    CURRENCY_MISMATCH = 24
    ACCOUNT_FROZEN = 25
    ACCOUNT_CLOSED = 26
    BALANCE_NOT_ZERO = 27
    """An account with money, holds or money on its way cannot be closed."""
    INSUFFICIENT_FUNDS = 28
    """Only of withdrawals and balance-changing commands; a payment is declined instead."""
    WRONG_STATE = 30
    """The payment's state does not allow it."""
    AMOUNT_TOO_LARGE = 31
    """More than is left to capture or refund, or a balance would pass its bound."""
    TOO_MANY_MOVEMENTS = 32
    """A payment has a bounded number of captures and refunds."""
    OWN_REVIEW = 33
    """A review is decided with another key than the one that submitted the payment."""
    OTHER_HISTORY = 37
    """A cursor or position is another ledger's, or beyond this one's end."""
    POSITION_EXPIRED = 38
    """A stream's position stands on the server for a bounded time."""
    OVERLOADED = 40
    """Every queue is bounded: come back after `Retry-After`."""
    UNAVAILABLE = 41
    """The account's partition is starting, moving or in doubt: send the same key again."""
    INTERNAL_ERROR = 42
    """A defect of ours; what became of the request is not known."""


RETRYABLE = frozenset({Refusal.OVERLOADED, Refusal.UNAVAILABLE})
"""The same request can succeed later without any change."""
