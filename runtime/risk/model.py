"""A trained model from a folder of models: `<models>/<version>/model.onnx` and `model.json`.

The folder is the seam to whatever trains and promotes models: put a version beside the others
and start with it.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # has no types
from msgspec import Struct, ValidationError, json
from numpy.typing import NDArray

from headrace.runtime.risk.features import FEATURES, Matrix

PACKAGED_MODELS = Path(__file__).parent / "models"
VERSION_MAX = 32_767
"""Versions stand in the journal as 16 bits."""


class ModelError(Exception):
    """A model cannot be used; the message says which one, why, and what to do."""


class ModelCard(Struct, frozen=True, kw_only=True):
    """What stands beside a model: what it expects, where it stops payments, how good it was."""

    version: int
    features: tuple[str, ...]
    review_from: int
    """Scores are 0 to 1000: fraud probability in thousandths."""
    reject_from: int
    seed: int
    trained_on: dict[str, Any]
    metrics: dict[str, Any]


class Model:
    """Scores batches; one thread, no state between calls."""

    def __init__(self, folder: Path) -> None:
        try:
            self.card = json.decode((folder / "model.json").read_bytes(), type=ModelCard)
        except (OSError, ValidationError) as error:
            raise ModelError(f"{folder}: no usable model.json ({error})") from error
        card = self.card
        if card.features != FEATURES:
            raise ModelError(f"{folder}: trained on other features; train it again")
        if not 0 < card.version <= VERSION_MAX:
            raise ModelError(f"{folder}: version {card.version} is not 1 to {VERSION_MAX}")
        if not 0 < card.review_from <= card.reject_from:
            raise ModelError(f"{folder}: thresholds want 0 < review_from <= reject_from")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises classes of its own from C++
            raise ModelError(f"{folder}: model.onnx does not load ({error})") from error

    def scores(self, matrix: Matrix) -> NDArray[np.int16]:
        """Fraud probability in thousandths, 0 to 1000, of each row.

        1.4 us a row, 6 us for one alone; runs of 32 rows instead of the whole batch cost 1.6.
        """
        if not len(matrix):
            return np.empty(0, np.int16)
        probability = self._session.run(["probabilities"], {"features": matrix})[0][:, 1]
        scores: NDArray[np.int16] = np.rint(probability * 1000.0).astype(np.int16)
        return scores


def load(models: Path = PACKAGED_MODELS, version: int = 0) -> Model:
    """A version of a folder of models; 0: the highest there is."""
    if not version:
        found = [int(p.name) for p in models.iterdir() if p.name.isdecimal()]
        if not found:
            raise ModelError(f"{models}: holds no model; train one or name another folder")
        version = max(found)
    model = Model(models / str(version))
    if model.card.version != version:
        raise ModelError(f"{models / str(version)}: says it is version {model.card.version}")
    return model
