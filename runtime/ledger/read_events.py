"""Reading the journal in order, partition by partition."""

from collections.abc import Collection

import asyncpg

from headrace.runtime.database.sql_by_name import load as load_sql
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.record import Record
from headrace.runtime.ledger import load
from headrace.runtime.ledger.texts import Texts

SQL = load_sql("headrace.runtime.ledger", "read_events")


class EventReader:
    """Committed records only; a partition's come without gaps, since each has one writer."""

    def __init__(self, pool: asyncpg.Pool, texts: Texts) -> None:
        self.pool = pool
        self.texts = texts

    async def ends(self) -> dict[int, int]:
        """Each partition's newest sequence."""
        return {r["partition"]: r["last_seq"] for r in await self.pool.fetch(SQL["ends"])}

    async def events(
        self,
        partition: int,
        after_seq: int,
        tenant: int | None,
        limit: int,
        *,
        through: int,
        kinds: Collection[RecordKind] | None = None,
    ) -> tuple[list[Record], int]:
        """Of the next `limit` records of a partition, up to `through`, those that are events of a
        tenant (None: of all) and of some kinds; and the sequence up to which that is all."""
        if through - after_seq > limit:
            edge = await self.pool.fetchval(SQL["edge"], partition, after_seq, through, limit - 1)
            through = through if edge is None else edge
        rows = await self.pool.fetch(
            SQL["events"],
            partition,
            after_seq,
            through,
            tenant,
            None if kinds is None else list(kinds),
        )
        records = [load.record_of(row) for row in rows]
        await self.texts.unseal(records)
        return records, through

    async def tenant_names(self, numbers: Collection[int]) -> dict[int, str]:
        """Of tenants by number."""
        rows = await self.pool.fetch(SQL["tenant_names"], list(numbers))
        return {row["number"]: row["name"] for row in rows}
