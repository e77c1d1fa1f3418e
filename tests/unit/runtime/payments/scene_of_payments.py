"""What is expected of a new payment."""

from scene import (
    NOON,
)

from headrace.runtime.payments.answer import Done

KEYED = {"fingerprint": 77, "key": "key-1"}
SCORED = {"risk_score": 120, "risk_flags": 8, "risk_model": 3}


def done(answer, state, **fields):
    """The answer expected of the first payment of a batch, accepted by risk."""
    given = {"partition": 0, "seq": 101, "at": NOON, "payment": answer.payment, **SCORED}
    return Done(**{**given, "state": state, **fields})
