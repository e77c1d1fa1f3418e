from pathlib import Path

import numpy as np
import pytest

from headrace.runtime.risk.features import FEATURES
from headrace.runtime.risk.model import ModelError
from headrace.runtime.risk.rules import RulesError
from headrace.runtime.risk.wire import WireError, decode_answer, encode_request
from headrace.runtime.settings.risk import RiskSettings
from headrace.serve.risk import Risk


async def test_a_batch_in_a_batch_out_and_an_empty_one_too() -> None:
    risk = Risk(RiskSettings(), 1_000)
    for rows in (3, 0):
        answer = await risk.score(encode_request(np.ones((rows, len(FEATURES)), np.float32)))
        version, scored = decode_answer(answer, rows)
        assert version >= 1
        assert len(scored) == rows


async def test_what_is_no_batch_or_too_large_is_refused() -> None:
    risk = Risk(RiskSettings(), 2)
    with pytest.raises(WireError):
        await risk.score(b"noise")
    with pytest.raises(WireError, match="at most 2"):
        await risk.score(encode_request(np.ones((3, len(FEATURES)), np.float32)))


def test_a_replica_without_model_or_rules_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        Risk(RiskSettings(risk_models_dir=str(tmp_path)), 1_000)
    with pytest.raises(RulesError):
        Risk(RiskSettings(risk_rules_file=str(tmp_path / "absent.toml")), 1_000)
