"""Settings of the ledger's database and of the connections to it."""

import os
import re
from typing import Annotated
from urllib.parse import quote, unquote

from pydantic import AfterValidator

from headrace.runtime.settings.section import Count, Pause, Rules, Seconds, Section

SETTLED_AFTER_S = 60.0
_FILE = re.compile(r"(?<=[?&])(sslrootcert|sslcert|sslkey|sslcrl|passfile)=([^&/][^&]*)")


def _with_absolute_files(url: str) -> str:
    """As of `FilePath`: those that a URL names."""
    return _FILE.sub(lambda it: f"{it[1]}={quote(os.path.abspath(unquote(it[2])))}", url)


class LedgerSettings(Section):
    """Where the ledger is and how long anything there may take."""

    database_url: Annotated[str, AfterValidator(_with_absolute_files)] = ""
    """Empty: on a laptop the platform's own PostgreSQL. What the URL leaves open is as PGSSLMODE,
    PGPASSFILE and the like say, `~/.pgpass` and `~/.postgresql`."""
    commit_timeout_s: Seconds = 10.0
    """Of a batch's commit, and of taking a partition over; after it the actor is in doubt."""
    transaction_timeout_s: Seconds = 5.0
    """PostgreSQL ends a writer's transaction that lasts longer."""
    connect_timeout_s: Seconds = 10.0
    """For a connection to the database."""
    read_timeout_s: Seconds = 10.0
    """PostgreSQL ends a reader's statement that lasts longer."""
    migration_timeout_s: Seconds = 60.0
    """How long to wait for a migration that another process runs."""
    takeover_pause_s: Pause = 0.05
    """Before an actor in doubt tries again to take its partitions over; it doubles, up to the
    longest."""
    takeover_pause_max_s: Pause = 1.0
    """The longest of these pauses."""
    lease_lock_timeout_s: Seconds = 1.0
    """A predecessor's transaction that holds a lease for longer is ended."""
    reader_connections_max: Count = 4
    """To the database, of one gateway."""

    @property
    def settled_after_s(self) -> float:
        """What was decided so long ago is committed or never will be: a batch waits for the commit
        before its own, and a lost one's transaction may go on. Twice that, for the clocks of
        machines differ."""
        return max(SETTLED_AFTER_S, 2 * (2 * self.commit_timeout_s + self.transaction_timeout_s))

    def rules(self) -> Rules:
        return (
            (
                self.transaction_timeout_s < self.commit_timeout_s,
                "transaction_timeout_s < commit_timeout_s",
            ),
            (
                self.lease_lock_timeout_s < self.commit_timeout_s,
                "lease_lock_timeout_s < commit_timeout_s",
            ),
            (
                self.takeover_pause_s <= self.takeover_pause_max_s,
                "takeover_pause_max_s: at least takeover_pause_s",
            ),
        )
