"""Settings of the journal's followers."""

from headrace.runtime.settings.section import Count, Pause, Rules, Seconds, Section


class FollowerSettings(Section):
    """How soon a follower sees what is new, and how much it does at once."""

    follower_poll_s: Seconds = 0.1
    """How often a follower that has seen everything asks the ledger what is new."""
    follower_page_max: Count = 1_000
    """Records that it takes at once."""
    follower_turn_timeout_s: Seconds = 30.0
    """For a page: to read it, to do what is done about it, to move on. After it the page is taken
    again."""
    follower_pause_s: Pause = 0.1
    """After a turn that failed; it doubles, up to the longest."""
    follower_pause_max_s: Pause = 5.0
    """The longest of these pauses; and how often one that was overtaken looks whether it may go
    on."""

    def rules(self) -> Rules:
        return (
            (
                self.follower_pause_s <= self.follower_pause_max_s,
                "follower_pause_max_s: at least follower_pause_s",
            ),
        )
