"""What is expected of captures, refunds, cancels, reviews and expiries."""

from scene import (
    ANNA,
    BERT,
    FAR,
    NOON,
    OTHER_TRACE,
    SECOND,
    SHOP,
    TIMES,
    record,
)

from headrace.runtime.payments.answer import Done
from headrace.runtime.payments.holds import Hold

ENDS = NOON + TIMES.hold_s * SECOND
REVIEW_ENDS = NOON + TIMES.review_s * SECOND
FROM_0, FROM_1 = {0: (101, NOON, 105_000)}, {1: (200, NOON - SECOND, 106_000)}
NUMBERS = {"shop": SHOP, "bert": BERT, "far": FAR}


def done(payment, state, **fields):
    """The answer expected of the first thing done in the batch after the payment's."""
    given = {"partition": 0, "seq": 102, "at": NOON, "payment": payment.payment, "amount": 100}
    return Done(**{**given, "state": state, **fields})


def taken(payment, kind, state, **fields):
    """Its record."""
    given = {
        "seq": 102, "state": state, "payment": payment.payment, "creditor": SHOP,
        "fingerprint": 78, "trace": OTHER_TRACE, "debit": ANNA, "debit_posted": 500,
    }  # fmt: skip
    return record(kind, **{**given, **fields})


def hold(payment, amount, review=False, ends=ENDS):
    return {payment.payment: Hold(payment.payment, 0, ANNA, amount, review, ends, 0, b"")}
