"""What handlers work with."""

from collections import Counter
from collections.abc import Callable, Sequence

from asyncpg import Pool

from headrace.actors.partition_client import PartitionClient
from headrace.runtime.clock import now_us
from headrace.runtime.events.stream import EventStream
from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger.read import Reader
from headrace.runtime.settings import Settings
from headrace.serve.gateway.authentication import Authentication
from headrace.serve.gateway.submission import Submissions
from headrace.serve.http.admission import Admission
from headrace.serve.http.counters import Counters
from headrace.serve.http.door import Door


class Services:
    """One gateway's settings, connections and bounds."""

    def __init__(
        self,
        settings: Settings,
        partitions: PartitionClient,
        pool: Pool,
        master: MasterKey,
        tokens: Tokens,
        now: Callable[[], int] = now_us,
        *,
        doors: Sequence[Door],
    ) -> None:
        self.settings = settings
        self.partitions = partitions
        self.pool = pool
        self.digest = master.digest
        self.reader = Reader(pool, master, tokens, settings.ledger.settled_after_s)
        self.events = EventStream(self.reader, settings.events)
        self.now_us = now
        self.admission = Admission(settings.gateway)
        self.submissions = Submissions(
            partitions.put,
            self.admission.payments,
            partitions.waiting_s,
            settings.gateway.gateway_wait_max_s,
        )
        self.authentication = Authentication(pool, settings.gateway, self.admission.reads)
        self.counters = Counters()
        self.outcomes: Counter[str] = Counter()
        """Payments by what came of them: a state, or a refusal's code."""
        self.doors = tuple(doors)
