"""What a payment batch asked for, kept so that its answers can be read again."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from uuid import UUID

from msgspec import Struct, json

from headrace.runtime.clock import iso
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load

SQL = load("headrace.runtime.ledger", "batches")


class PaymentBatch(Struct, frozen=True, kw_only=True):
    """What was asked for, item by item, and what of it was refused for its form."""

    id: str
    created_at: str
    keys: list[str]
    """"" where there was none."""
    fingerprints: list[int]
    """0 where an item was refused."""
    refusals: dict[int, dict[str, object]]
    """Position -> problem."""

    def asked(self, keys: Sequence[str], fingerprints: Sequence[int]) -> bool:
        """Whether these are its items."""
        return (self.keys, self.fingerprints) == (list(keys), list(fingerprints))


def named(tenant: int, key: str) -> UUID:
    """The id of the batch that a tenant's idempotency key names (UUIDv8 of a BLAKE2b digest)."""
    digest = blake2b(tenant.to_bytes(4, "big") + key.encode(), digest_size=16).digest()
    bits = int.from_bytes(digest) & ~(0xF << 76 | 0x3 << 62)
    return UUID(int=bits | 0x8 << 76 | 0x2 << 62)


async def save(
    database: Database,
    tenant: int,
    batch: UUID,
    keys: Sequence[str],
    fingerprints: Sequence[int],
    refusals: Mapping[int, object],
) -> bool:
    """Keeps a batch; False, and nothing kept, when one with this id is there already."""
    problems = json.encode({str(index): problem for index, problem in refusals.items()})
    saved = await database.fetchval(
        SQL["save"], batch, tenant, list(keys), list(fingerprints), problems.decode()
    )
    return saved is not None


async def find(database: Database, tenant: int, batch: UUID) -> PaymentBatch | None:
    """A tenant's batch."""
    row = await database.fetchrow(SQL["by_id"], tenant, batch)
    if row is None:
        return None
    return PaymentBatch(
        id=str(row["id"]),
        created_at=iso(row["created_at"]),
        keys=row["keys"],
        fingerprints=row["fingerprints"],
        refusals=json.decode(row["refusals"], type=dict[int, dict[str, object]]),
    )
