"""Settings of a gateway: what it takes on at once, and how long a client may take."""

from headrace.runtime.settings.section import Count, Pause, Rules, Seconds, Section


class GatewaySettings(Section):
    """Bounds of one gateway; what is beyond them is refused with 429 unless told otherwise."""

    gateway_requests_max: Count = 40_000
    """Under way in a gateway before Serve lets more wait outside, where nothing is bounded."""
    front_requests_max: Count = 500
    """Under way at a gateway, event streams too; beyond it HAProxy refuses a POST with 429."""
    gateway_payments_max: Count = 16_000
    """Accepted by a gateway and not answered yet; more is refused with 429."""
    gateway_wait_max_s: Seconds = 1.0
    """While payments wait longer than this for a call to their actor, new ones are refused with
    429. What goes on with an earlier payment (captures, refunds, decisions) is not."""
    gateway_reads_max: Count = 500
    """Reads, and small changes outside the partitions, that a gateway has under way; then 429."""
    gateway_streams_max: Count = 200
    """Event streams open at a gateway; more is refused with 429."""
    gateway_body_bytes_max: Count = 128 * 1024 * 1024
    """Of all bodies that a gateway is receiving at once; more is refused with 429."""
    head_timeout_s: Seconds = 10.0
    """From a request's first byte to the end of its headers."""
    body_timeout_s: Seconds = 15.0
    """From a request's headers to the end of its body."""
    body_bytes_max: Count = 16 * 1024 * 1024
    """Of one request; more is refused with 413."""
    batch_items_max: Count = 10_000
    """Of one batch; more is refused with 413."""
    wait_max_s: Pause = 30.0
    """Of `Prefer: wait`."""
    ready_timeout_s: Seconds = 2.0
    """Of the ledger and the actors, when /readyz or /metrics asks them."""
    cached_keys_max: Count = 10_000
    """API keys that a gateway remembers, unknown ones too."""
    key_cache_s: Pause = 5.0
    """How long a gateway may go on trusting an API key that was revoked."""

    def _under_way_max(self) -> int:
        return self.gateway_payments_max + self.gateway_reads_max + self.gateway_streams_max

    def rules(self) -> Rules:
        return (
            (
                self.batch_items_max <= self.gateway_payments_max,
                "batch_items_max: at most gateway_payments_max",
            ),
            (
                self._under_way_max() < self.gateway_requests_max,
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
        )
