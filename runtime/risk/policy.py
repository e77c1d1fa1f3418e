"""From a score and the rules to what happens with a payment, and what happens without either."""

from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.settings.risk import RiskSettings


class RiskOutcome(IntEnum):
    """Stable numbers, the graver the higher."""

    ACCEPT = 0
    REVIEW = 1
    REJECT = 2


Outcomes = NDArray[np.uint8]
Flags = NDArray[np.int32]


def judged(scores: NDArray[np.int16], review_from: int, reject_from: int) -> tuple[Outcomes, Flags]:
    """The model's word on each payment."""
    review = scores >= review_from
    reject = scores >= reject_from
    outcomes = review.astype(np.uint8) + reject
    flags = np.where(
        reject, np.int32(RiskFlag.MODEL_REJECT), review * np.int32(RiskFlag.MODEL_REVIEW)
    )
    return outcomes, flags


class Verdict(NamedTuple):
    """What is decided about a single payment."""

    outcome: RiskOutcome
    flags: RiskFlag


def degraded(amount: int, settings: RiskSettings) -> Verdict:
    """Without an answer of the risk deployment: small is accepted, large is rejected."""
    small = amount <= settings.risk_degraded_accept_max
    return Verdict(RiskOutcome.ACCEPT if small else RiskOutcome.REJECT, RiskFlag.DEGRADED)
