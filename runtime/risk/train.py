"""Trains the fraud model on worlds of the generator and writes it into a folder of models.

    python -m headrace.runtime.risk.train --version 2 --models DIR --evaluate MONTH.parquet

Needs the extra `train`. About a minute on two cores; the same seed gives the same model.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import lightgbm
import numpy as np
import onnx
import typer
from msgspec import json, structs
from numpy.typing import NDArray
from onnxmltools import convert_lightgbm  # type: ignore[import-untyped]  # has no types
from onnxmltools.convert.common.data_types import (  # type: ignore[import-untyped]  # has no types
    FloatTensorType,
)

from headrace.runtime.risk.evaluate import evaluate, read
from headrace.runtime.risk.features import FEATURES, Matrix
from headrace.runtime.risk.generator import World, WorldSettings
from headrace.runtime.risk.model import PACKAGED_MODELS, VERSION_MAX, Model, ModelCard
from headrace.runtime.risk.replay import replay

EVERYDAY = (
    WorldSettings(customers=3_000, merchants=6_000, days=75),
    WorldSettings(customers=4_000, merchants=400, days=45),
    WorldSettings(customers=2_000, merchants=1_500, days=60),
)
"""Quiet, busy and mixed merchants: what counts as unusual depends on it."""

EXTREME = (
    WorldSettings(customers=15_000, merchants=4_000, days=5),
    WorldSettings(customers=300, merchants=50, days=10, payments_per_day=120.0),
    WorldSettings(customers=100, merchants=20, days=1, payments_per_day=2_000.0),
)
"""Accounts nobody knows yet, and machines that pay all day: neither is fraud in itself."""

STOPPED_MAX = 0.01
"""Share of payments that may be reviewed or rejected, in each of the EVERYDAY worlds."""

REJECTED_PRECISION_MIN = 0.95
"""Share of fraud among what is rejected without asking anybody."""

_RISING = {
    "debtor_pace",
    "creditor_pace",
    "amount_over_debtor_habit",
    "amount_over_creditor_habit",
}
"""More of these never lowers a score."""


class Labelled(NamedTuple):
    """Rows to learn from or to judge by."""

    matrix: Matrix
    fraud: NDArray[np.bool_]


def labelled(settings: WorldSettings) -> Labelled:
    """A world's payments, each with what was known when it was decided."""
    matrices, fraud = [], []
    for batch, matrix in replay(World(settings).rows()):
        matrices.append(matrix)
        fraud += [t.fraud for t in batch]
    return Labelled(np.concatenate(matrices), np.array(fraud))


def fit(parts: list[Labelled], seed: int) -> lightgbm.LGBMClassifier:
    """A hundred shallow trees."""
    classifier = lightgbm.LGBMClassifier(
        n_estimators=100,
        num_leaves=15,
        max_depth=5,
        learning_rate=0.1,
        min_child_samples=200,
        reg_lambda=1.0,
        monotone_constraints=[int(name in _RISING) for name in FEATURES],
        random_state=seed,
        deterministic=True,
        force_row_wise=True,
        n_jobs=2,
        verbose=-1,
    )
    matrix = np.concatenate([p.matrix for p in parts])
    classifier.fit(matrix, np.concatenate([p.fraud for p in parts]).astype(np.int64))
    return classifier


def to_onnx(classifier: lightgbm.LGBMClassifier) -> bytes:
    """The trees with one output, `probabilities` (rows, 2): labels would cost and say nothing."""
    model = convert_lightgbm(
        classifier,
        initial_types=[("features", FloatTensorType([None, len(FEATURES)]))],
        name="fraud",
        zipmap=False,
        target_opset=15,
    )
    outputs = [o for o in model.graph.output if o.name == "probabilities"]
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    onnx.checker.check_model(model)
    serialized: bytes = model.SerializeToString()
    return serialized


def thresholds(worlds: list[tuple[NDArray[np.int16], NDArray[np.bool_]]]) -> tuple[int, int]:
    """Scores to review and to reject from: the lowest that keep the two promises above."""
    review = max(int(np.quantile(scores, 1 - STOPPED_MAX)) + 1 for scores, _ in worlds)
    scores = np.concatenate([s for s, _ in worlds])
    fraud = np.concatenate([f for _, f in worlds])
    precise = (
        t for t in range(review, 1000) if fraud[scores >= t].mean() >= REJECTED_PRECISION_MIN
    )
    return review, next(precise, 1000)


def train(models: Path, version: int, seed: int) -> Model:
    """Trains, calibrates on other worlds, judges on yet others, writes and loads the model."""

    def worlds(kinds: tuple[WorldSettings, ...], offset: int) -> list[Labelled]:
        seeds = range(seed * 1000 + offset, seed * 1000 + offset + len(kinds))
        return [labelled(structs.replace(k, seed=s)) for k, s in zip(kinds, seeds, strict=True)]

    folder = models / str(version)
    folder.mkdir(parents=True, exist_ok=True)
    learnt = worlds(EVERYDAY + EXTREME, 100)
    (folder / "model.onnx").write_bytes(to_onnx(fit(learnt, seed)))
    card = ModelCard(
        version=version,
        features=FEATURES,
        review_from=1000,
        reject_from=1000,
        seed=seed,
        trained_on={
            "payments": sum(len(p.fraud) for p in learnt),
            "frauds": sum(int(p.fraud.sum()) for p in learnt),
            "worlds": len(learnt),
        },
        metrics={},
    )
    _write(folder, card)
    model = Model(folder)
    review, reject = thresholds([(model.scores(p.matrix), p.fraud) for p in worlds(EVERYDAY, 200)])
    card = structs.replace(card, review_from=review, reject_from=reject)
    _write(folder, card)
    model = Model(folder)
    metrics = {
        f"{k.customers} customers, {k.merchants} merchants": evaluate(
            model, World(structs.replace(k, seed=seed * 1000 + 300 + i)).rows()
        )
        for i, k in enumerate(EVERYDAY)
    }
    _write(folder, structs.replace(card, metrics=metrics))
    return Model(folder)


def _write(folder: Path, card: ModelCard) -> None:
    (folder / "model.json").write_bytes(json.format(json.encode(card), indent=2) + b"\n")


def main(
    version: Annotated[int, typer.Option(min=1, max=VERSION_MAX)] = 1,
    models: Annotated[Path, typer.Option(help="Folder of models.")] = PACKAGED_MODELS,
    seed: int = 1,
    evaluate_on: Annotated[
        list[Path] | None, typer.Option("--evaluate", help="Parquet of labelled payments.")
    ] = None,
) -> None:
    """Train the fraud model on generated payments."""
    model = train(models, version, seed)
    report: dict[str, Any] = {"model": structs.asdict(model.card)}
    if evaluate_on:
        report["evaluation"] = evaluate(model, (t for p in evaluate_on for t in read(p)))
    sys.stdout.write(json.format(json.encode(report), indent=2).decode() + "\n")


if __name__ == "__main__":
    typer.run(main)
