"""Settings of a partition actor, and of the calls between actors."""

from typing import Annotated

from pydantic import Field

from headrace.runtime.settings.section import Count, Pause, Rules, Seconds, Section


class PartitionSettings(Section):
    """What one actor takes on, decides together and keeps in memory."""

    queue_payments_max: Count = 20_000
    """Waiting in one actor; more is refused at once with 429, unless it is one call's and nothing
    else waits."""
    batch_payments_max: Count = 1_000
    """Decided and committed together by an actor."""
    accounts_in_memory_max: Count = 200_000
    """In one actor; the least recently used are evicted."""
    payments_in_memory_max: Count = 20_000
    """In one actor; the least recently used are evicted."""
    windows_in_memory_max: Count = 100_000
    """Risk's windows of evicted accounts in one actor, some 200 bytes each."""
    open_legs_max: Count = 20_000
    """Of one actor; beyond it what would open another is refused with 429 until counterparts
    answer."""
    open_legs_page: Count = 5_000
    """Read at once when an actor takes a partition over."""
    due_look_s: Seconds = 1.0
    """How often an actor looks for holds and reviews that are due."""
    due_at_once_max: Count = 1_000
    """Of them, in one look; the oldest first."""
    gave_way_max: Annotated[int, Field(ge=0)] = 10
    """Commits in a row that PostgreSQL rolled back for others; after that the actor reads anew."""
    gave_way_pause_s: Pause = 0.005
    """Before such a commit is tried again, times the commits in a row."""
    key_repeats_s: Pause = 10.0
    """A tenant that has sent a known key is taken to do so again for that long: its keys are looked
    up before a batch is decided, so that it costs nobody else a rollback."""
    hold_expires_s: Count = 7 * 24 * 3600
    """A hold that says nothing else is released after this."""
    review_expires_s: Count = 24 * 3600
    """A review that nobody decides on expires after this."""

    def rules(self) -> Rules:
        return (
            (
                self.batch_payments_max <= self.queue_payments_max,
                "batch_payments_max: at most queue_payments_max",
            ),
            (
                self.due_at_once_max <= self.queue_payments_max,
                "due_at_once_max: at most queue_payments_max",
            ),
        )


class CallSettings(Section):
    """Calls from a gateway, or another actor, to an actor or to the risk deployment."""

    call_payments_max: Count = 1_000
    """In one call from a gateway to an actor, but for the rest of a batch, which is not divided."""
    calls_per_actor_max: Count = 3
    """Calls out at once from a gateway to an actor."""
    leg_calls_max: Count = 3
    """Of legs, out at once from an actor to another; beside the first only full ones."""
    leg_failures_max: Count = 5
    """Of a leg by itself; then it is parked."""
    leg_pause_s: Pause = 0.1
    """Before legs that got no answer are sent again; it doubles, up to the longest."""
    leg_pause_max_s: Pause = 2.0
    """The longest of these pauses."""
    call_timeout_s: Seconds = 20.0
    """Of a gateway for an actor's answer."""
    call_find_timeout_s: Seconds = 10.0
    """For finding out who holds an actor's partitions, or where a deployment answers: who is asked
    may have gone with its machine."""
    call_connect_timeout_s: Seconds = 5.0
    """For a connection to it."""

    def rules(self) -> Rules:
        return (
            (self.leg_pause_s <= self.leg_pause_max_s, "leg_pause_max_s: at least leg_pause_s"),
        )
