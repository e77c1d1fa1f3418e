"""Settings of risk: the model, how long it is asked, what is known of creditors."""

from typing import Annotated

from pydantic import Field

from headrace.runtime.settings.section import Count, Pause, Seconds, Section


class RiskSettings(Section):
    """What scores a payment, and what decides when no answer comes."""

    risk_timeout_s: Seconds = 0.5
    """Of an actor for risk's answer to a batch; without one the stated policy decides."""
    risk_degraded_accept_max: Annotated[int, Field(ge=0)] = 5_000
    """Minor units: without a risk answer, up to this is accepted and more is declined."""
    risk_failures_max: Count = 3
    """After so many batches in a row without an answer, risk is not asked for `risk_pause_s`."""
    risk_pause_s: Pause = 1.0
    """How long risk is not asked after `risk_failures_max` failures."""
    risk_models_dir: str = ""
    """Folder of models, one a version; empty: those packaged."""
    risk_model: Annotated[int, Field(ge=0)] = 0
    """Version of the model; 0: the highest in the folder."""
    risk_rules_file: str = ""
    """TOML (runtime/risk/rules.py); empty: the packaged rules."""
    creditor_features_staleness_s: Seconds = 2.0
    """How old what an actor knows of payments to a creditor by way of other actors may be."""
    creditors_in_memory_max: Count = 50_000
    """Creditors' windows in one actor; the least recently paid are forgotten."""
    creditor_profiles_max: Count = 200_000
    """Creditors' windows in the shared store; likewise."""
