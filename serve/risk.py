"""The risk deployment: scores one micro-batch a call.

A call is some milliseconds of CPU at most and never waits, so a replica works them off one after
another; OPTIONS bound how many wait. A caller that gives up takes its call out of the queue.
"""

from pathlib import Path
from typing import Any

from headrace.runtime.risk import model, rules, wire
from headrace.runtime.risk.scoring import Scorer
from headrace.runtime.settings.risk import RiskSettings

NAME = "risk"

OPTIONS: dict[str, Any] = {
    "name": NAME,
    "max_ongoing_requests": 4,
    "max_queued_requests": 64,
    "health_check_period_s": 1,
    "health_check_timeout_s": 10,
}
"""Of the deployment. Queued: a caller's, before its call is refused and its policy decides."""


class Risk:
    """Model and rules of the settings, loaded when the replica starts: it fails there, loudly."""

    def __init__(self, settings: RiskSettings, rows_max: int) -> None:
        models = Path(settings.risk_models_dir or model.PACKAGED_MODELS)
        rules_file = Path(settings.risk_rules_file or rules.PACKAGED_RULES)
        self._rows_max = rows_max
        self._scorer = Scorer(model.load(models, settings.risk_model), rules.load(rules_file))

    async def score(self, data: bytes) -> bytes:
        """wire.encode_request to wire.encode_answer; WireError for anything else."""
        matrix = wire.decode_request(data, self._rows_max)
        return wire.encode_answer(self._scorer.version, self._scorer.score(matrix))
