"""The gateway: the server of our doors, in front of the partitions and the ledger."""

from collections.abc import Callable, Sequence

import asyncpg

from headrace.actors.partition_client import PartitionClient
from headrace.runtime.clock import now_us
from headrace.runtime.database.connect import pool as connect_pool
from headrace.runtime.keys import tokens
from headrace.runtime.keys.subject_keys import bound
from headrace.runtime.settings import Settings
from headrace.serve.gateway.doors import DOORS
from headrace.serve.gateway.services import Services
from headrace.serve.http.door import Door
from headrace.serve.http.server import Away, Server


class Gateway(Server[Services]):
    """Until it is started it can be pickled, if `partitions` can."""

    AWAY = Away(
        (
            OSError,
            TimeoutError,
            asyncpg.InterfaceError,
            asyncpg.PostgresConnectionError,
            asyncpg.OperatorInterventionError,  # a time-out is an intervention to a database
            asyncpg.InsufficientResourcesError,
            asyncpg.InvalidTransactionStateError,
        ),
        "the ledger",
        "ledger_away",
    )

    def __init__(
        self,
        settings: Settings,
        partitions: PartitionClient,
        pool: asyncpg.Pool | None = None,
        now: Callable[[], int] = now_us,
        doors: Sequence[Door] = DOORS,
    ) -> None:
        super().__init__(doors)
        self._settings = settings
        self._partitions = partitions
        self._pool = pool
        self._now = now

    async def opened(self) -> Services:
        """With connections to the ledger of its own, unless some were given. Raises
        MasterKeyError."""
        settings = self._settings
        pool = self._pool or await connect_pool(settings.ledger, application="headrace gateway")
        master = await bound(pool, settings.keys.master_key_file)
        return Services(
            settings, self._partitions, pool, master, await tokens.of_ledger(pool, master),
            self._now, doors=self._doors,
        )  # fmt: skip

    async def closed(self, services: Services) -> None:
        """Lets what was submitted finish, then closes the connections that `opened` made."""
        await services.submissions.finish(self._settings.calls.call_timeout_s)
        if self._pool is None:
            await services.pool.close()
