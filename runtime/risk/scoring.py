"""A batch of features in, what is decided about each payment out: model, thresholds, rules."""

import numpy as np

from headrace.runtime.risk.features import Matrix
from headrace.runtime.risk.model import Model
from headrace.runtime.risk.policy import judged
from headrace.runtime.risk.rules import Rules
from headrace.runtime.risk.wire import SCORED, ScoredRows


class Scorer:
    """What a risk replica runs; no state between calls."""

    def __init__(self, model: Model, rules: Rules) -> None:
        self.version = model.card.version
        self._model = model
        self._rules = rules

    def score(self, matrix: Matrix) -> ScoredRows:
        """One SCORED row a payment, in order."""
        scores = self._model.scores(matrix)
        card = self._model.card
        outcomes, flags = judged(scores, card.review_from, card.reject_from)
        self._rules.apply(matrix, outcomes, flags)
        scored = np.empty(len(matrix), SCORED)
        scored["outcome"] = outcomes
        scored["score"] = scores
        scored["flags"] = flags
        return scored
