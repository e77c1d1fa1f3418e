"""Every setting and bound, with its unit in its name. The only reader of the environment.

A variable is the field's name in capitals after HEADRACE_: `HEADRACE_DATABASE_URL`.
"""

import os
from typing import Any, get_type_hints

from msgspec import Struct, convert


class Settings(Struct, frozen=True, kw_only=True):
    """What a platform runs with. `check` says how the bounds depend on each other."""

    database_url: str = ""
    partitions: int = 16
    """Fixed when a ledger is made."""
    actors: int = 2
    gateways: int = 1
    queue_payments_max: int = 20_000
    """Waiting in one actor; more is refused at once with 429, unless it is one call's and nothing
    else waits."""
    batch_payments_max: int = 1_000
    """Decided and committed together by an actor."""
    call_payments_max: int = 1_000
    """In one call from a gateway to an actor, but for the rest of a batch, which is not divided."""
    calls_per_actor_max: int = 3
    """Calls out at once from a gateway to an actor."""
    gateway_requests_max: int = 40_000
    """Under way in a gateway before Serve lets more wait outside, where nothing is bounded."""
    front_requests_max: int = 500
    """Under way at a gateway, event streams too; beyond it HAProxy refuses a POST with 429."""
    gateway_payments_max: int = 16_000
    """Accepted by a gateway and not answered yet; more is refused with 429."""
    gateway_wait_max_s: float = 1.0
    """While payments wait longer than this for a call to their actor, new ones are refused with
    429. What goes on with an earlier payment (captures, refunds, decisions) is not."""
    gateway_reads_max: int = 500
    """Reads, and small changes outside the partitions, that a gateway has under way; then 429."""
    gateway_streams_max: int = 200
    """Event streams open at a gateway; more is refused with 429."""
    gateway_body_bytes_max: int = 128 * 1024 * 1024
    """Of all bodies that a gateway is receiving at once; more is refused with 429."""
    head_timeout_s: float = 10.0
    """From a request's first byte to the end of its headers."""
    body_timeout_s: float = 15.0
    """From a request's headers to the end of its body."""
    accounts_in_memory_max: int = 200_000
    """In one actor; the least recently used are evicted."""
    payments_in_memory_max: int = 20_000
    windows_in_memory_max: int = 100_000
    """Risk's windows of evicted accounts in one actor, some 200 bytes each."""
    open_legs_max: int = 20_000
    """Of one actor; beyond it what would open another is refused with 429 until counterparts
    answer."""
    body_bytes_max: int = 16 * 1024 * 1024
    batch_items_max: int = 10_000
    call_timeout_s: float = 20.0
    """Of a gateway for an actor's answer."""
    commit_timeout_s: float = 10.0
    transaction_timeout_s: float = 5.0
    """PostgreSQL ends a writer's transaction that lasts longer."""
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 10.0
    """PostgreSQL ends a reader's statement that lasts longer."""
    migration_timeout_s: float = 60.0
    """How long to wait for a migration that another process runs."""
    reader_connections_max: int = 4
    risk_timeout_s: float = 0.5
    risk_degraded_accept_max: int = 5_000
    """Minor units: without a risk answer, up to this is accepted and more is declined."""
    risk_failures_max: int = 3
    """After so many batches in a row without an answer, risk is not asked for `risk_pause_s`."""
    risk_pause_s: float = 1.0
    risk_models_dir: str = ""
    """Folder of models, one a version; empty: those packaged."""
    risk_model: int = 0
    """Version of the model; 0: the highest in the folder."""
    risk_rules_file: str = ""
    """TOML (runtime/risk/rules.py); empty: the packaged rules."""
    creditor_features_staleness_s: float = 2.0
    """How old what an actor knows of payments to a creditor by way of other actors may be."""
    creditors_in_memory_max: int = 50_000
    """Creditors' windows in one actor; the least recently paid are forgotten."""
    creditor_profiles_max: int = 200_000
    """Creditors' windows in the shared store; likewise."""
    hold_expires_s: int = 7 * 24 * 3600
    review_expires_s: int = 24 * 3600
    wait_max_s: float = 30.0
    """Of `Prefer: wait`."""
    heartbeat_interval_s: float = 1.0
    heartbeat_timeout_s: float = 3.0
    events_poll_s: float = 0.1
    """How often a gateway with open event streams asks the ledger what is new."""
    events_heartbeat_s: float = 15.0
    """A stream without events says so as often."""
    events_page_max: int = 2_000
    """Events that a stream reads ahead of its client."""
    key_cache_s: float = 5.0
    """How long a gateway may go on trusting an API key that was revoked."""
    master_key_file: str = ""
    """File of 32 random bytes, under which the keys that seal personal text are kept; `headrace up`
    makes one in its data directory."""
    subject_keys_in_memory_max: int = 5_000
    """Keys of subjects of personal text in one actor, some 2.6 kB each."""
    subject_key_cache_s: float = 5.0
    """How long an actor may go on sealing under a key that was destroyed: what it seals then is
    forgotten with the rest."""
    log_level: str = "WARNING"

    def _gateway_under_way_max(self) -> int:
        return self.gateway_payments_max + self.gateway_reads_max + self.gateway_streams_max

    def check(self) -> "Settings":
        """Returns itself; ValueError names the first bound that contradicts another."""
        rules = (
            (0 < self.partitions <= 4096, "partitions: 1 to 4096"),
            (0 < self.actors <= self.partitions, "actors: at least 1, at most one a partition"),
            (
                self.batch_payments_max <= self.queue_payments_max,
                "batch_payments_max: at most queue_payments_max",
            ),
            (
                self.transaction_timeout_s < self.commit_timeout_s < self.call_timeout_s,
                "transaction_timeout_s < commit_timeout_s < call_timeout_s",
            ),
            (
                self.call_payments_max <= self.open_legs_max,
                "open_legs_max: at least call_payments_max",
            ),
            (
                self.batch_payments_max <= self.subject_keys_in_memory_max,
                "subject_keys_in_memory_max: at least batch_payments_max",
            ),
            (self.risk_timeout_s < self.call_timeout_s, "risk_timeout_s: less than call_timeout_s"),
            (
                self.batch_items_max <= self.gateway_payments_max,
                "batch_items_max: at most gateway_payments_max",
            ),
            (
                self._gateway_under_way_max() < self.gateway_requests_max,
                "gateway_requests_max: more than a gateway's payments, reads and streams together",
            ),
            (
                self.gateway_streams_max < self.front_requests_max,
                "front_requests_max: more than gateway_streams_max",
            ),
            (
                self.body_bytes_max <= self.gateway_body_bytes_max,
                "body_bytes_max: at most gateway_body_bytes_max",
            ),
            (
                self.heartbeat_interval_s < self.heartbeat_timeout_s,
                "heartbeat_interval_s: less than heartbeat_timeout_s",
            ),
        )
        for holds, rule in rules:
            if not holds:
                raise ValueError(f"settings: {rule}")
        return self


def load(**overrides: Any) -> Settings:
    """Settings from the environment, then `overrides`; ValueError names what is wrong."""
    values: dict[str, Any] = {}
    for name in get_type_hints(Settings):
        text = os.environ.get(f"HEADRACE_{name.upper()}")
        if text is not None:
            values[name] = text
    values.update(overrides)
    return convert(values, Settings, strict=False).check()
