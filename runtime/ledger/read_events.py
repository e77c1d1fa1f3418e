"""Reading the journal in order, partition by partition."""

from collections.abc import Collection, Sequence

import asyncpg

from headrace.runtime.database.sql_by_name import load as load_sql
from headrace.runtime.following import follow
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.telling import EVENTS, event_of, kinds_telling
from headrace.runtime.ledger import fencing
from headrace.runtime.ledger.origins import Origins, origins
from headrace.runtime.ledger.texts import Texts

SQL = load_sql("headrace.runtime.ledger", "read_events")


class EventReader:
    """Committed records only; a partition's come without gaps, since each has one writer."""

    def __init__(self, pool: asyncpg.Pool, texts: Texts) -> None:
        self.pool = pool
        self.texts = texts

    async def ends(self) -> dict[int, int]:
        """Each partition's newest sequence."""
        return await fencing.ends(self.pool)

    async def events(
        self,
        partition: int,
        after_seq: int,
        tenant: int | None,
        limit: int,
        *,
        through: int,
        types: Collection[str] | None = None,
    ) -> tuple[list[Record], int]:
        """Of the next `limit` records of a partition, up to `through`, those that are events of a
        tenant (None: of all) and of some types, without their prefix; and the sequence up to which
        that is all. Texts are as they are kept."""
        wanted = EVENTS.keys() if types is None else types
        page = await follow.page(
            self.pool, partition, after_seq, limit, through=through, tenant=tenant,
            kinds=kinds_telling(wanted),
        )  # fmt: skip
        found = ((record, event_of(record)) for record in page.records)
        return [record for record, told in found if told and told.type in wanted], page.through

    async def origins(self, records: Sequence[Record]) -> Origins:
        """What events belong to. Their texts, and the events' own, are unsealed."""
        found = await origins(self.pool, records)
        await self.texts.unseal([*records, *found.records])
        return found

    async def tenant_names(self, numbers: Collection[int]) -> dict[int, str]:
        """Of tenants by number."""
        rows = await self.pool.fetch(SQL["tenant_names"], list(numbers))
        return {row["number"]: row["name"] for row in rows}
