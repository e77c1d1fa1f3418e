"""Reading payments one by one."""

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from headrace.runtime.database.sql_by_name import load as load_sql
from headrace.runtime.journal.kinds import FIRST_KINDS
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.rows import record_of
from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger import payment_view
from headrace.runtime.ledger.account_names import AccountNames
from headrace.runtime.ledger.texts import Texts
from headrace.runtime.ledger.views import Operation, PaymentView, TimelineEntry
from headrace.runtime.partitioning import partition_of_payment

SQL = load_sql("headrace.runtime.ledger", "read_payments")


class PaymentReader:
    """Each question belongs to a tenant, and no other's payment answers it."""

    def __init__(
        self, pool: asyncpg.Pool, names: AccountNames, texts: Texts, tokens: Tokens
    ) -> None:
        self.pool = pool
        self.names = names
        self.texts = texts
        self.tokens = tokens

    async def payment(
        self, tenant: int, payment: bytes, as_of: tuple[int, int] | None = None
    ) -> PaymentView | None:
        """A payment (16 bytes) as it stands now, or as it stood at a record (partition, seq)."""
        records = await self._records(tenant, payment)
        if as_of is not None:
            if as_of[0] != partition_of_payment(payment):
                raise ValueError("a payment's records are those of its home partition")
            records = [record for record in records if record.seq <= as_of[1]]
        if not records:
            return None
        await self.texts.unseal(records[:1])
        return payment_view.payment_view(records, await self.names.in_records(records))

    async def payment_by_key(self, tenant: int, key: str) -> PaymentView | None:
        """The payment that was made with an idempotency key, as it stands now."""
        record = await self._by_key(tenant, key)
        if record is None or record.kind not in FIRST_KINDS:
            return None
        return await self.payment(tenant, record.payment)

    async def timeline(self, tenant: int, payment: bytes) -> list[TimelineEntry]:
        """Everything that happened to a payment, in order; empty when there is no such payment."""
        return payment_view.timeline(await self._records(tenant, payment), self.tokens)

    async def operation(self, tenant: int, key: str) -> Operation | None:
        """What an idempotency key was used for, whatever it was."""
        record = await self._by_key(tenant, key)
        if record is None:
            return None
        await self.texts.unseal([record])
        return payment_view.operation(record, await self.names.in_records([record]))

    async def payment_views(self, tenant: int, payments: Iterable[UUID]) -> list[PaymentView]:
        """Several at once, as they stand now, in the order asked for."""
        wanted = list(payments)
        rows = await self.pool.fetch(SQL["records"], tenant, wanted)
        by_payment: dict[bytes, list[Record]] = {}
        for row in rows:
            record = record_of(row)
            by_payment.setdefault(record.payment, []).append(record)
        names = await self.names.in_records(r for rs in by_payment.values() for r in rs)
        await self.texts.unseal(rs[0] for rs in by_payment.values())
        return [
            payment_view.payment_view(by_payment[payment.bytes], names)
            for payment in wanted
            if payment.bytes in by_payment
        ]

    async def _records(self, tenant: int, payment: bytes) -> list[Record]:
        rows = await self.pool.fetch(SQL["records"], tenant, [UUID(bytes=payment)])
        return [record_of(row) for row in rows]

    async def _by_key(self, tenant: int, key: str) -> Record | None:
        row = await self.pool.fetchrow(SQL["by_key"], tenant, key)
        return record_of(row) if row else None
