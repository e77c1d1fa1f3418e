from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headrace.runtime.risk import rules
from headrace.runtime.risk.features import FEATURES, Matrix
from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.risk.policy import Flags, Outcomes, RiskOutcome
from headrace.runtime.risk.rules import Bounds, Rule, Rules, RulesError


def matrix_of(**columns: list[float]) -> Matrix:
    rows = len(next(iter(columns.values())))
    matrix = np.ones((rows, len(FEATURES)), np.float32)
    for name, values in columns.items():
        matrix[:, FEATURES.index(name)] = values
    return matrix


def applied(which: Rules, matrix: Matrix, before: list[int]) -> tuple[list[int], list[int]]:
    outcomes: Outcomes = np.array(before, np.uint8)
    flags: Flags = np.zeros(len(before), np.int32)
    which.apply(matrix, outcomes, flags)
    return outcomes.tolist(), flags.tolist()


def test_a_rule_holds_from_at_least_to_below_on_every_bound() -> None:
    which = Rules(
        [
            Rule("band", "review", "rule_amount", {"amount": Bounds(at_least=100, below=200)}),
            Rule(
                "both",
                "reject",
                "high_velocity",
                {"amount": Bounds(at_least=150), "debtor_pace": Bounds(at_least=2)},
            ),
        ]
    )
    matrix = matrix_of(amount=[99.9, 100, 150, 200, 250], debtor_pace=[9, 1, 2, 1, 3])
    outcomes, flags = applied(which, matrix, [0] * 5)
    review = RiskFlag.RULE_AMOUNT | RiskFlag.RULE_REVIEW
    reject = RiskFlag.HIGH_VELOCITY | RiskFlag.RULE_REJECT
    assert outcomes == [0, 1, 2, 0, 2]
    assert flags == [0, review, review | reject, 0, reject]


def test_explanations_go_only_to_payments_that_something_stopped() -> None:
    which = Rules([Rule("why", "explain", "amount_above_habit", {"amount": Bounds(at_least=100)})])
    outcomes, flags = applied(which, matrix_of(amount=[500, 500, 500, 5]), [0, 1, 2, 1])
    assert outcomes == [0, 1, 2, 1]
    assert flags == [0, RiskFlag.AMOUNT_ABOVE_HABIT, RiskFlag.AMOUNT_ABOVE_HABIT, 0]


@given(
    arrays(np.float32, (6, len(FEATURES)), elements=st.floats(0, 2**20, width=32)),
    st.lists(st.integers(0, 2), min_size=6, max_size=6),
    st.lists(st.integers(0, 511), min_size=6, max_size=6),
)
def test_the_packaged_rules_never_soften_a_verdict(
    matrix: Matrix, before: list[int], flagged: list[int]
) -> None:
    outcomes, flags = np.array(before, np.uint8), np.array(flagged, np.int32)
    rules.load().apply(matrix, outcomes, flags)
    assert (outcomes >= before).all()
    assert (outcomes <= RiskOutcome.REJECT).all()
    assert (flags & flagged == flagged).all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "rules"),
        ('[[rules]]\nname="a"\neffect="ban"\nflag="rule_amount"\nwhen={}', "ban"),
        ('[[rules]]\nname="a"\neffect="review"\nflag="nope"\nwhen={}', "nope"),
        ('[[rules]]\nname="a"\neffect="review"\nflag="rule_amount"\nwhen={}', "every payment"),
        (
            '[[rules]]\nname="a"\neffect="review"\nflag="rule_amount"\nwhen.shoe={below=1.0}',
            "shoe",
        ),
        (
            '[[rules]]\nname="a"\neffect="review"\nflag="rule_amount"\nwhen.amount={above=1.0}',
            "above",
        ),
        ("not toml", "rules.toml"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_what_is_wrong(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    with pytest.raises(RulesError, match=says) as caught:
        rules.load(path)
    assert str(path) in str(caught.value)
    with pytest.raises(RulesError, match="absent"):
        rules.load(tmp_path / "absent.toml")
