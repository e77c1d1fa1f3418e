"""What a record of each kind looks like: a row a kind, which the checks of single records read."""

from enum import IntEnum
from typing import NamedTuple

from headrace.runtime.partitioning import EXTERNAL, TRANSIT_IN, TRANSIT_OUT
from headrace.runtime.payments.payment import LEG_MAX
from headrace.runtime.payments.refusals import DeclineReason
from headrace.runtime.payments.states import ACCOUNT_KINDS, RecordKind

K, R = RecordKind, DeclineReason


class Party(IntEnum):
    """What kind of account a record debits or credits."""

    NOBODY = 0
    EXTERNAL = EXTERNAL
    OUT = TRANSIT_OUT
    IN = TRANSIT_IN
    TENANT = 4
    """A tenant's account; whose, its payment's first record says."""


class Key(IntEnum):
    """Whether a record has a client's key, with its fingerprint."""

    NEVER = 0
    MAY = 1
    ALWAYS = 2


P = Party
NONE = (R.NONE,)
AT_DECISION = (
    R.PAYMENT_LIMIT, R.DAILY_AMOUNT_LIMIT, R.DAILY_COUNT_LIMIT, R.RISK_REJECTED, R.RISK_UNAVAILABLE,
    R.INSUFFICIENT_FUNDS,
)  # fmt: skip
NOT_CREDITED = (R.CREDITOR_CLOSED, R.BALANCE_LIMIT)
NOT_REFUNDED = (R.CREDITOR_CLOSED, R.CREDITOR_FROZEN, R.INSUFFICIENT_FUNDS, R.BALANCE_LIMIT)
ALL_OF_IT, MANUAL = (0, 0), (-1, -1)
EITHER, ANY, LATER = (-1, 0), (0, LEG_MAX), (1, LEG_MAX)


class Shape(NamedTuple):
    """`expires`: has an expires_at; `scored`: may have a risk score, flags and model."""

    kind: RecordKind
    debit: Party
    credit: tuple[Party, ...]
    legs: tuple[int, int] = ALL_OF_IT
    """The smallest and the largest number of its leg."""
    reasons: tuple[DeclineReason, ...] = NONE
    key: Key = Key.NEVER
    expires: bool = False
    scored: bool = False


SHAPES = (
    Shape(K.ACCOUNT_OPENED, P.NOBODY, (P.TENANT,)),
    Shape(K.ACCOUNT_CHANGED, P.NOBODY, (P.TENANT,)),
    Shape(K.ACCOUNT_CLOSED, P.NOBODY, (P.TENANT,)),
    Shape(K.DEPOSITED, P.EXTERNAL, (P.TENANT,), key=Key.ALWAYS),
    Shape(K.WITHDRAWN, P.TENANT, (P.EXTERNAL,), key=Key.ALWAYS),
    Shape(K.SETTLED, P.TENANT, (P.TENANT,), key=Key.ALWAYS, scored=True),
    Shape(K.DEBITED, P.TENANT, (P.OUT,), key=Key.ALWAYS, scored=True),
    Shape(K.COMPLETED, P.NOBODY, (P.NOBODY,), ANY),
    Shape(K.DECLINED, P.TENANT, (P.NOBODY,), EITHER, AT_DECISION, Key.ALWAYS, scored=True),
    Shape(K.HELD, P.TENANT, (P.NOBODY,), MANUAL, NONE, Key.ALWAYS, expires=True, scored=True),
    Shape(K.HELD_FOR_REVIEW, P.TENANT, (P.NOBODY,), EITHER, NONE, Key.ALWAYS, True, True),
    Shape(K.CAPTURED, P.TENANT, (P.TENANT, P.OUT), ANY, key=Key.MAY),
    Shape(
        K.RELEASED, P.TENANT, (P.NOBODY,), ANY,
        (R.NONE, R.REVIEW_REJECTED, R.REVIEW_EXPIRED), Key.MAY,
    ),
    Shape(K.ACCEPTED, P.NOBODY, (P.NOBODY,), key=Key.MAY, expires=True),
    Shape(K.RETURNED, P.OUT, (P.TENANT,), ANY, NOT_CREDITED),
    Shape(K.REFUND_REQUESTED, P.NOBODY, (P.NOBODY,), LATER, key=Key.ALWAYS),
    Shape(K.REFUNDED, P.IN, (P.TENANT,), LATER),
    Shape(K.REFUND_DECLINED, P.NOBODY, (P.NOBODY,), LATER, NOT_REFUNDED),
    Shape(K.CREDITED, P.IN, (P.TENANT,), ANY),
    Shape(K.REFUND_DEBITED, P.TENANT, (P.OUT,), LATER),
    Shape(K.LEG_REFUSED, P.NOBODY, (P.NOBODY,), ANY, (*NOT_CREDITED, *NOT_REFUNDED)),
)  # fmt: skip


def _bits(numbers: tuple[IntEnum, ...]) -> int:
    return sum(1 << n for n in set(numbers))


def parties() -> list[list[int]]:
    """As columns: kind, debit, credits as bits, and whether the record has an amount."""
    rows = [(s.kind, s.debit, _bits(s.credit), s.kind not in ACCOUNT_KINDS or s.kind in _FUNDS)
            for s in SHAPES]  # fmt: skip
    return [list(column) for column in zip(*rows, strict=True)]


_FUNDS = (K.DEPOSITED, K.WITHDRAWN)


def fields() -> list[list[int]]:
    """As columns: kind, smallest and largest leg, reasons as bits, key, expires, scored."""
    rows = [(s.kind, *s.legs, _bits(s.reasons), s.key, s.expires, s.scored) for s in SHAPES]
    return [list(column) for column in zip(*rows, strict=True)]
