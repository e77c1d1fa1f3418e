"""The laptop's PostgreSQL as a part; where HEADRACE_DATABASE_URL names another there is none."""

from pathlib import Path

import asyncpg

from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.part import Part, Site
from headrace.cluster.local.postgres import Postgres
from headrace.runtime.database.connect import connect
from headrace.runtime.settings import Settings


class PostgreSQL(Part):
    """Started anew whenever it is gone: what was committed is safe."""

    name = "PostgreSQL"
    phase = "starting PostgreSQL"
    after = ()
    stop_timeout_s = 5.0

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._server = (
            Postgres(site.data_dir, settings=site.settings.local) if site.own_database else None
        )

    async def start(self) -> None:
        if self._server is not None:
            url = await self._server.start()
            self.site.settings = self.site.settings.replace(database_url=url)

    async def ready(self) -> None:
        """The server is, by its start; here the ledger's number of partitions is looked up."""
        if self.site.any_partitions and (stored := await _partitions_of(self.site.settings)):
            self.site.settings = self.site.settings.replace(partitions=stored)

    async def tend(self) -> None:
        if self._server is None:
            return
        self._server.restore()
        if not self._server.pid:
            self.site.tell("restarting PostgreSQL")
            await self._server.restart()

    async def stop(self, within_s: float) -> None:
        if self._server is not None and not await self._server.stop(within_s):
            raise PlatformError("PostgreSQL was not ended in order: it recovers at the next start")

    def pids(self) -> list[int]:
        return [self._server.pid] if self._server is not None and self._server.pid else []

    @classmethod
    async def end_left(cls, data_dir: Path) -> None:
        await Postgres(data_dir).end_leftover()


async def _partitions_of(settings: Settings) -> int | None:
    """The number a ledger was made with; None when it isn't made yet."""
    connection = await connect(settings.ledger, "headrace up")
    try:
        stored = await connection.fetchval("SELECT value FROM platform WHERE name = 'partitions'")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return int(stored) if stored is not None else None
