"""Judges a model with its rules on labelled payments, decided in batches as the platform would.

    python -m headrace.runtime.risk.evaluate MONTH.parquet [NEXT.parquet ...]

Columns: transaction_id, tx_datetime, customer_id, terminal_id,
tx_amount (major units), tx_fraud, tx_fraud_scenario. Several files are played one after another.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from msgspec import json
from numpy.typing import NDArray
from pyarrow import parquet

from headrace.runtime.risk import model as models
from headrace.runtime.risk import rules
from headrace.runtime.risk.features import Matrix
from headrace.runtime.risk.generator import Transaction
from headrace.runtime.risk.model import PACKAGED_MODELS, Model
from headrace.runtime.risk.policy import RiskOutcome
from headrace.runtime.risk.replay import replay
from headrace.runtime.risk.scoring import Scorer
from headrace.runtime.risk.wire import ScoredRows


def auc(scores: NDArray[np.int16], fraud: NDArray[np.bool_]) -> float:
    """Chance that a random fraud scores above a random honest payment; ties count half."""
    frauds, others = _by_score(scores, fraud)
    above = frauds[::-1].cumsum()[::-1] - frauds / 2
    return float((others * above).sum() / (others.sum() * frauds.sum()))


def average_precision(scores: NDArray[np.int16], fraud: NDArray[np.bool_]) -> float:
    """Precision at each score, weighted by the share of fraud that it adds."""
    frauds, others = (c[::-1] for c in _by_score(scores, fraud))
    found = frauds.cumsum()
    stopped = np.maximum(found + others.cumsum(), 1)
    return float((frauds * found / stopped).sum() / found[-1])


def _by_score(
    scores: NDArray[np.int16], fraud: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.bincount(scores[fraud], minlength=1001), np.bincount(scores[~fraud], minlength=1001)


def read(path: Path) -> Iterator[Transaction]:
    """The payments of a labelled file; those of nothing are left out, as no platform takes them."""
    table = parquet.read_table(path)
    at = table["tx_datetime"].to_numpy().astype("datetime64[us]").astype(np.int64)
    minor = np.rint(table["tx_amount"].to_numpy() * 100).astype(np.int64)
    columns = (table[c].to_pylist() for c in ("transaction_id", "customer_id", "terminal_id"))
    labels = (table[c].to_pylist() for c in ("tx_fraud", "tx_fraud_scenario"))
    ids, customers, merchants = columns
    rows = zip(ids, at.tolist(), customers, merchants, minor.tolist(), *labels, strict=True)
    return (Transaction(*row) for row in rows if row[4] > 0)


def evaluate(model: Model, transactions: Iterable[Transaction]) -> dict[str, Any]:
    """How scores rank, and what would have been reviewed and rejected."""
    scorer = Scorer(model, rules.load())
    scored: list[ScoredRows] = []
    scenarios: list[int] = []

    def decide(matrix: Matrix) -> NDArray[np.bool_]:
        scored.append(scorer.score(matrix))
        declined: NDArray[np.bool_] = scored[-1]["outcome"] == RiskOutcome.REJECT
        return declined

    for batch, _ in replay(transactions, decide):
        scenarios += [t.scenario for t in batch]
    rows, scenario = np.concatenate(scored), np.array(scenarios)
    fraud, score = scenario > 0, rows["score"]
    rejected, reviewed = (rows["outcome"] == o for o in (RiskOutcome.REJECT, RiskOutcome.REVIEW))
    stopped = rejected | reviewed
    return {
        "payments": len(rows),
        "fraud_share": _share(fraud),
        "auc": round(auc(score, fraud), 4),
        "average_precision": round(average_precision(score, fraud), 4),
        "reviewed_share": _share(reviewed),
        "rejected_share": _share(rejected),
        "fraud_among_stopped": _share(fraud[stopped]),
        "fraud_among_rejected": _share(fraud[rejected]),
        "fraud_stopped": _share(stopped[fraud]),
        "fraud_stopped_by_scenario": {
            str(kind): _share(stopped[scenario == kind]) for kind in np.unique(scenario[fraud])
        },
    }


def _share(mask: NDArray[np.bool_]) -> float:
    return round(float(mask.mean()), 5) if len(mask) else 0.0


def main(
    paths: Annotated[list[Path], typer.Argument(exists=True, metavar="FILE...")],
    models_dir: Annotated[Path, typer.Option("--models")] = PACKAGED_MODELS,
    version: Annotated[int, typer.Option(help="0: the highest.")] = 0,
) -> None:
    """Evaluate a model on labelled payments."""
    report = evaluate(models.load(models_dir, version), (t for p in paths for t in read(p)))
    sys.stdout.write(json.format(json.encode(report), indent=2).decode() + "\n")


if __name__ == "__main__":
    typer.run(main)
