"""Why risk decided as it did: bits that stand in the journal with each payment."""

from enum import IntFlag


class RiskFlag(IntFlag):
    """Stable bits, at most 31. `risk.reasons` in the API lists the set ones in lower case."""

    DEGRADED = 1
    """The risk deployment did not answer in time; the stated policy decided."""
    MODEL_REVIEW = 2
    MODEL_REJECT = 4
    AMOUNT_ABOVE_HABIT = 8
    HIGH_VELOCITY = 16
    CREDITOR_UNUSUAL = 32
    RULE_AMOUNT = 64
    RULE_REVIEW = 128
    RULE_REJECT = 256


def reasons(flags: int) -> list[str]:
    """Lower-case names of the set bits, in order of the bits."""
    return [f.name.lower() for f in RiskFlag if flags & f and f.name]
