"""Settings of risk: the model, how long it is asked, what is known of creditors."""

from typing import Annotated

from pydantic import Field

from headrace.runtime.settings.section import Count, FilePath, Pause, Seconds, Section


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
    risk_ready_timeout_s: Pause = 10.0
    """How long a new actor waits for the risk deployment, which starts beside it on a new platform;
    after that the stated policy decides until risk answers."""
    risk_grace_s: Pause = 0.05
    """Beyond the time-out: an answer that came while the actor itself was held up still counts."""
    risk_models_dir: FilePath = ""
    """Folder of models, one a version; empty: those packaged."""
    risk_model: Annotated[int, Field(ge=0)] = 0
    """Version of the model; 0: the highest in the folder."""
    risk_rules_file: FilePath = ""
    """TOML (runtime/risk/rules.py); empty: the packaged rules."""
    creditor_features_staleness_s: Seconds = 2.0
    """How old what an actor knows of payments to a creditor by way of other actors may be."""
    creditor_exchange_timeout_s: Seconds = 5.0
    """Of an actor's exchange with the shared store."""
    creditor_observations_max: Count = 100_000
    """Not delivered to the store yet; beyond it the oldest are dropped and counted."""
    creditor_senders_max: Count = 10_000
    """Actors, earlier incarnations too, whose last message the store remembers."""
    creditors_in_memory_max: Count = 50_000
    """Creditors' windows in one actor; the least recently paid are forgotten."""
    creditor_profiles_max: Count = 200_000
    """Creditors' windows in the shared store; likewise."""
