"""Settings of a partition actor, and of the calls between actors."""

from headrace.runtime.settings.section import Count, Rules, Seconds, Section


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
        )


class CallSettings(Section):
    """Calls from a gateway, or another actor, to an actor."""

    call_payments_max: Count = 1_000
    """In one call from a gateway to an actor, but for the rest of a batch, which is not divided."""
    calls_per_actor_max: Count = 3
    """Calls out at once from a gateway to an actor."""
    call_timeout_s: Seconds = 20.0
    """Of a gateway for an actor's answer."""
