"""Settings of a cell: one Ray cluster with its actors and gateways."""

from typing import Annotated, Literal

from pydantic import Field

from headrace.runtime.partitioning import PARTITIONS_MAX
from headrace.runtime.settings.section import Count, Rules, Seconds, Section


class CellSettings(Section):
    """How many of what, and when one of them counts as gone."""

    partitions: Annotated[int, Field(ge=1, le=PARTITIONS_MAX)] = 16
    """Fixed when a ledger is made."""
    actors: Count = 2
    """At most one a partition; partitions are divided among them."""
    gateways: Count = 1
    heartbeat_interval_s: Seconds = 1.0
    heartbeat_timeout_s: Seconds = 3.0
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "WARNING"

    def rules(self) -> Rules:
        return (
            (self.actors <= self.partitions, "actors: at most one a partition"),
            (
                self.heartbeat_interval_s < self.heartbeat_timeout_s,
                "heartbeat_interval_s: less than heartbeat_timeout_s",
            ),
        )
