"""Settings of a cell: one Ray cluster with its actors and gateways."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from headrace.runtime.journal.account_numbers import PARTITIONS_MAX
from headrace.runtime.settings.section import Count, Pause, Rules, Seconds, Section

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


def _in_capitals(level: str) -> str:
    return level.upper()


class CellSettings(Section):
    """How many of what, and when one of them counts as gone."""

    partitions: Annotated[int, Field(ge=1, le=PARTITIONS_MAX)] = 16
    """Fixed when a ledger is made."""
    actors: Count = 2
    """At most one a partition; partitions are divided among them."""
    gateways: Count = 1
    """Gateway replicas; each takes about a core when busy."""
    small_actors_share: bool = True
    """Whether actors that need little share one process; else each has its own."""
    heartbeat_interval_s: Seconds = 1.0
    """How often the supervisor asks each actor whether its loop runs."""
    heartbeat_timeout_s: Seconds = 3.0
    """An actor that is silent for longer gets a successor."""
    heartbeat_retry_s: Seconds = 0.2
    """How soon an actor that is not ready is asked again."""
    heartbeat_look_s: Seconds = 0.25
    """How often it is judged who has been silent for too long."""
    heartbeat_late_s: Seconds = 0.5
    """A supervisor that wakes so much later than it asked for is late itself, and judges nobody."""
    actor_start_timeout_s: Seconds = 60.0
    """How long a new actor may take to its first heartbeat: a worker's start, and loading. And how
    long anybody may be silent, however late the supervisor is."""
    deposed_answers_s: Pause = 1.0
    """How long a deposed actor still answers, that everybody be told, before it ends itself."""
    cluster_gone_after_s: Seconds = 4.0
    """A cluster has gone when none of its writers has been connected for so long: they lose their
    connections for a moment when in doubt, or when the database starts again."""
    cluster_look_s: Seconds = 0.5
    """How often an actor that stands by looks whether it may take its partitions back."""
    cluster_held_look_s: Seconds = 2.0
    """How often an actor that holds its partitions looks whether another cluster has taken them:
    where nobody pays, no commit notices it."""
    health_check_s: Seconds = 1.0
    """How often Serve looks whether a replica lives: it notices a death no sooner."""
    log_level: Annotated[Level, BeforeValidator(_in_capitals)] = "WARNING"
    """Of every process's JSON log, from this level on."""

    def rules(self) -> Rules:
        return (
            (self.actors <= self.partitions, "actors: at most one a partition"),
            (
                self.heartbeat_interval_s < self.heartbeat_timeout_s,
                "heartbeat_interval_s: less than heartbeat_timeout_s",
            ),
            (
                self.heartbeat_timeout_s <= self.actor_start_timeout_s,
                "actor_start_timeout_s: at least heartbeat_timeout_s",
            ),
        )
