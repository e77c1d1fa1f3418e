"""Settings of a cell: one Ray cluster with its actors and gateways."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from headrace.runtime.partitioning import PARTITIONS_MAX
from headrace.runtime.settings.section import Count, Rules, Seconds, Section

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
    heartbeat_interval_s: Seconds = 1.0
    """How often the supervisor asks each actor whether its loop runs."""
    heartbeat_timeout_s: Seconds = 3.0
    """An actor that is silent for longer gets a successor."""
    log_level: Annotated[Level, BeforeValidator(_in_capitals)] = "WARNING"
    """Of every process's JSON log, from this level on."""

    def rules(self) -> Rules:
        return (
            (self.actors <= self.partitions, "actors: at most one a partition"),
            (
                self.heartbeat_interval_s < self.heartbeat_timeout_s,
                "heartbeat_interval_s: less than heartbeat_timeout_s",
            ),
        )
