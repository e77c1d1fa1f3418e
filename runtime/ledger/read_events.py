"""Reading the journal in order, partition by partition."""

from collections.abc import Collection, Mapping, Sequence

import asyncpg

from headrace.runtime.clock import to_us
from headrace.runtime.database.sql_by_name import load as load_sql
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.rows import record_of
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
        self.tenants: dict[int, str] = {}
        """Names by number, of those looked up so far: neither changes."""

    async def ends(self) -> dict[int, int]:
        """Each partition's newest sequence."""
        return await fencing.ends(self.pool)

    async def events(
        self, after: Mapping[int, int], through: Mapping[int, int], tenant: int | None,
        types: Collection[str] | None = None,
    ) -> list[Record]:  # fmt: skip
        """Of each partition in `through`, from after a sequence up to there, the records that are
        events of a tenant (None: of all) and of some types, without their prefix; of each partition
        in order. Their texts are still sealed."""
        wanted = EVENTS.keys() if types is None else types
        rows = await self.pool.fetch(
            SQL["events"], list(through), [after.get(p, 0) for p in through],
            list(through.values()), tenant,
            list(kinds_telling(wanted)),
        )  # fmt: skip
        records = map(record_of, rows)
        return [r for r in records if (told := event_of(r)) and told.type in wanted]

    async def origins(self, records: Sequence[Record]) -> Origins:
        """What events belong to. Their texts, and the events' own, are unsealed."""
        found = await origins(self.pool, records)
        await self.texts.unseal([*records, *found.records])
        return found

    async def times_of(self, places: Mapping[int, int]) -> dict[int, int]:
        """Of records, by their partitions and sequences: in microseconds, by partition; those that
        there aren't are left out."""
        rows = await self.pool.fetch(SQL["times"], list(places), list(places.values()))
        return {row["partition"]: to_us(row["at"]) for row in rows}

    async def tenant_names(self, numbers: Collection[int]) -> dict[int, str]:
        """Of tenants by number, and of others too."""
        if unknown := set(numbers) - self.tenants.keys():
            rows = await self.pool.fetch(SQL["tenant_names"], list(unknown))
            self.tenants |= {row["number"]: row["name"] for row in rows}
        return self.tenants
