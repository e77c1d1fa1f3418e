"""Settings of a platform on one machine: of the parts that `headrace up` brings itself."""

from headrace.runtime.settings.section import Count, Seconds, Section


class LocalSettings(Section):
    """How long its parts may take and how much they may hold; a cluster has its own."""

    postgres_start_timeout_s: Seconds = 120.0
    """Of the platform's own PostgreSQL; recovery after a hard stop under load takes up to about
    half a minute."""
    postgres_log_bytes_max: Count = 16 * 1024 * 1024
    """A longer log is put aside, in the place of the one before it, when PostgreSQL starts."""
    ray_cpus: Count = 16
    """What actors may ask for together, not what the machine has: none keeps a core busy."""
    ray_object_store_bytes: Count = 200 * 2**20
    """Of memory that Ray's processes share; calls to actors don't go through it."""
    platform_ready_timeout_s: Seconds = 120.0
    """From the deployment of gateways and partitions until /readyz says yes."""
    front_connections_max: Count = 20_000
    """Clients' connections to HAProxy at once, or as many as the files that it may open allow."""
    front_client_timeout_s: Count = 60
    """For a client that neither reads nor writes when it is its turn; streams write oftener."""
