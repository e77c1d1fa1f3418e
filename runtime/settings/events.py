"""Settings of the event streams."""

from headrace.runtime.settings.section import Count, Seconds, Section


class EventSettings(Section):
    """How soon a stream tells what is new, and how far it reads ahead."""

    events_poll_s: Seconds = 0.1
    """How often a gateway with open event streams asks the ledger what is new."""
    events_heartbeat_s: Seconds = 15.0
    """A stream without events says so as often."""
    events_page_max: Count = 2_000
    """Events that a stream reads ahead of its client."""
    events_checkpoint_s: Seconds = 1.0
    """A stream notes where it stands at most as often. Whoever resumes it in between may get again
    what was told since."""
    events_checkpoint_timeout_s: Seconds = 1.0
    """What can't be noted in time is left out."""
    events_checkpoints_each_second_max: Count = 20
    """Of all streams of a gateway; more are left out."""
