import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.risk.policy import RiskOutcome, degraded, judged
from headrace.runtime.settings.risk import RiskSettings


@given(
    st.lists(st.integers(0, 1000), max_size=20),
    st.integers(1, 1000),
    st.integers(1, 1000),
)
def test_thresholds_part_scores_into_three(scores: list[int], one: int, other: int) -> None:
    review, reject = sorted((one, other))
    outcomes, flags = judged(np.array(scores, np.int16), review, reject)
    for score, outcome, flag in zip(scores, outcomes.tolist(), flags.tolist(), strict=True):
        if score >= reject:
            assert (outcome, flag) == (RiskOutcome.REJECT, RiskFlag.MODEL_REJECT)
        elif score >= review:
            assert (outcome, flag) == (RiskOutcome.REVIEW, RiskFlag.MODEL_REVIEW)
        else:
            assert (outcome, flag) == (RiskOutcome.ACCEPT, 0)
    assert outcomes.dtype == np.uint8
    assert flags.dtype == np.int32


@pytest.mark.parametrize(
    ("amount", "outcome"),
    [(1, RiskOutcome.ACCEPT), (700, RiskOutcome.ACCEPT), (701, RiskOutcome.REJECT)],
)
def test_without_an_answer_small_is_accepted_and_large_rejected(
    amount: int, outcome: RiskOutcome
) -> None:
    verdict = degraded(amount, RiskSettings(risk_degraded_accept_max=700))
    assert verdict == (outcome, RiskFlag.DEGRADED)
