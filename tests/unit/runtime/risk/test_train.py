"""Needs the extra `train`; a small world, so that it takes a second."""

import numpy as np
import onnxruntime
import pytest

pytest.importorskip("lightgbm", reason="needs the extra `train`: pip install 'headrace[train]'")
pytest.importorskip("onnxmltools", reason="needs the extra `train`: pip install 'headrace[train]'")

from headrace.runtime.risk.generator import WorldSettings
from headrace.runtime.risk.train import STOPPED_MAX, fit, labelled, thresholds, to_onnx


def test_the_onnx_model_says_what_the_trees_say_and_training_repeats_itself() -> None:
    small = labelled(WorldSettings(seed=9, customers=800, merchants=200, days=20))
    classifier = fit([small], seed=1)
    data = to_onnx(classifier)
    assert data == to_onnx(fit([small], seed=1))
    session = onnxruntime.InferenceSession(data)
    assert [o.name for o in session.get_outputs()] == ["probabilities"]
    rows = small.matrix[:5_000]
    (served,) = session.run(None, {"features": rows})
    assert np.abs(served - classifier.predict_proba(rows)).max() < 1e-5


def test_thresholds_keep_their_promises_in_every_world() -> None:
    rng = np.random.default_rng(1)
    worlds = []
    for fraud_share in (0.02, 0.004):
        fraud = rng.random(50_000) < fraud_share
        scores = np.where(fraud, rng.integers(0, 1001, 50_000), rng.integers(0, 700, 50_000))
        worlds.append((scores.astype(np.int16), fraud))
    review, reject = thresholds(worlds)
    assert 0 < review <= reject <= 1000
    assert all((scores >= review).mean() <= STOPPED_MAX for scores, _ in worlds)
