import shutil
from pathlib import Path

import numpy as np
import pytest
from msgspec import json, structs

from headrace.runtime.risk import model, rules
from headrace.runtime.risk.evaluate import evaluate
from headrace.runtime.risk.features import FEATURES, FeatureBatch
from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.risk.generator import Transaction, World, WorldSettings
from headrace.runtime.risk.model import PACKAGED_MODELS, ModelCard, ModelError
from headrace.runtime.risk.policy import RiskOutcome
from headrace.runtime.risk.replay import replay
from headrace.runtime.risk.scoring import Scorer
from headrace.runtime.risk.windows import Windows

HOUR_US = 3_600_000_000
START = 1_736_154_000_000_000  # a Monday, 9:00 UTC


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(model.load(), rules.load())


def habit(payments: int = 60, amount: int = 3_000) -> Windows:
    """Somebody who has paid `amount`, give or take, twice a day until START."""
    return Windows.folded(
        (amount + 400 * (i % 5 - 2), START - 12 * HOUR_US * (payments - i)) for i in range(payments)
    )


def test_scores_do_not_depend_on_who_else_is_in_the_batch(scorer: Scorer) -> None:
    rows = [m for _, m in replay(World(WorldSettings(customers=300, merchants=50, days=4)).rows())]
    matrix = np.concatenate(rows)
    together = scorer.score(matrix)
    alone = np.concatenate([scorer.score(matrix[i : i + 1]) for i in range(0, len(matrix), 37)])
    assert together[::37].tolist() == alone.tolist()
    assert together["score"].min() >= 0
    assert together["score"].max() <= 1000
    assert len(scorer.score(matrix[:0])) == 0


def test_an_ordinary_payment_passes_and_one_far_out_of_habit_is_stopped_with_reasons(
    scorer: Scorer,
) -> None:
    batch = FeatureBatch()
    batch.add(3_200, START, habit(), habit(200, 2_500))
    batch.add(95_000, START, habit(), habit(200, 2_500))
    usual, far = scorer.score(batch.matrix()).tolist()
    assert usual[0] == RiskOutcome.ACCEPT
    assert usual[2] == 0
    assert far[0] > RiskOutcome.ACCEPT
    assert far[2] & RiskFlag.AMOUNT_ABOVE_HABIT
    assert far[2] & (RiskFlag.MODEL_REVIEW | RiskFlag.MODEL_REJECT)


def test_a_huge_amount_is_reviewed_by_rule_even_between_those_who_always_pay_so(
    scorer: Scorer,
) -> None:
    batch = FeatureBatch()
    batch.add(2_500_000, START, habit(300, 2_500_000), habit(300, 2_500_000))
    outcome, _, flags = scorer.score(batch.matrix()).tolist()[0]
    assert outcome >= RiskOutcome.REVIEW
    assert flags & RiskFlag.RULE_AMOUNT
    assert flags & RiskFlag.RULE_REVIEW


@pytest.mark.parametrize("debtors", [20, 1_000])
def test_machine_like_load_on_new_accounts_is_not_taken_for_fraud(debtors: int) -> None:
    """Half of it goes to one hot merchant, and everybody is unknown at first."""
    rng = np.random.default_rng(4)
    n = 20_000
    debtor = rng.integers(0, debtors, n).tolist()
    creditor = np.where(rng.random(n) < 0.5, 0, rng.integers(0, 100, n)).tolist()
    amount = rng.integers(100, 10_000, n).tolist()
    load = (
        Transaction(i, START + i * 3_000, debtor[i], creditor[i], amount[i], i % 100 == 0, i % 100)
        for i in range(n)
    )
    report = evaluate(model.load(), load)
    assert report["reviewed_share"] + report["rejected_share"] < 0.01


def test_it_finds_fraud_in_a_world_it_has_not_seen_without_stopping_the_honest() -> None:
    report = evaluate(
        model.load(), World(WorldSettings(seed=77, customers=2_000, merchants=900, days=40)).rows()
    )
    assert report["auc"] > 0.93
    assert report["average_precision"] > 0.45
    assert report["fraud_among_stopped"] > 0.6
    assert report["reviewed_share"] + report["rejected_share"] < 0.02


def test_the_packaged_card_is_of_these_features_and_says_how_good_it_is() -> None:
    card = model.load().card
    assert card.features == FEATURES
    assert 0 < card.review_from < card.reject_from <= 1000
    assert all(m["auc"] > 0.9 for m in card.metrics.values())


def altered(folder: Path, **fields: object) -> Path:
    """A copy of the packaged model 1 whose card says something else."""
    copy = folder / "1"
    shutil.copytree(PACKAGED_MODELS / "1", copy)
    card = json.decode((copy / "model.json").read_bytes(), type=ModelCard)
    (copy / "model.json").write_bytes(json.encode(structs.replace(card, **fields)))
    return copy


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"features": ("amount",)}, "train it again"),
        ({"version": 40_000}, "40000"),
        ({"review_from": 900, "reject_from": 800}, "review_from"),
        ({"version": 2}, "says it is version 2"),
    ],
)
def test_a_model_that_does_not_fit_is_refused(
    tmp_path: Path, fields: dict[str, object], says: str
) -> None:
    altered(tmp_path, **fields)
    with pytest.raises(ModelError, match=says):
        model.load(tmp_path, 1)


def test_the_highest_version_is_loaded_unless_one_is_named(tmp_path: Path) -> None:
    altered(tmp_path)
    shutil.copytree(tmp_path / "1", tmp_path / "12")
    card = json.decode((tmp_path / "1" / "model.json").read_bytes(), type=ModelCard)
    (tmp_path / "12" / "model.json").write_bytes(json.encode(structs.replace(card, version=12)))
    assert model.load(tmp_path).card.version == 12
    assert model.load(tmp_path, 1).card.version == 1


def test_missing_or_broken_files_say_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model"):
        model.load(tmp_path)
    with pytest.raises(ModelError, match=r"model\.json"):
        model.load(tmp_path, 3)
    (altered(tmp_path) / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="does not load"):
        model.load(tmp_path, 1)
