"""Reading accounts: balances, now and then, and statements.

What is told says as of when, and asked for again as of then it is the same. An answer is sure up to
the time of its partition's newest record, for every later batch has a later time (actors/turns.py);
without a moment to ask for, it is told as of then. Of a moment that is asked for it is sure too up
to `settled_after_s` (LedgerSettings) ago: what was decided before is committed, or never will be.
Nothing is told as of a later moment, which a batch could still change that is decided and not
committed.
"""

from datetime import datetime, timedelta

import asyncpg
from asyncpg import Record as Row
from msgspec import Struct, json

from headrace.runtime.clock import iso
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load as load_sql
from headrace.runtime.journal.account_numbers import partition_of_account
from headrace.runtime.journal.record import Record
from headrace.runtime.journal.rows import record_of
from headrace.runtime.journal.states import AccountState
from headrace.runtime.keys.tokens import Tokens
from headrace.runtime.ledger import statement
from headrace.runtime.ledger.account_names import AccountNames
from headrace.runtime.ledger.cursors import Cursors
from headrace.runtime.ledger.origins import origins
from headrace.runtime.ledger.texts import Texts
from headrace.runtime.ledger.views import AccountView, Entry, Limits, Page, Statement
from headrace.runtime.money import currency_code
from headrace.runtime.settings.ledger import SETTLED_AFTER_S

SQL = load_sql("headrace.runtime.ledger", "read_accounts")
_NUMBER = load_sql("headrace.runtime.ledger", "read_payments")["account_number"]
_TICK = timedelta(microseconds=1)


class Settings(Struct, frozen=True, kw_only=True):
    """An account's settings after a change, as the journal keeps them."""

    state: str
    credit_line: int = 0
    payment_max: int = 0
    daily_amount_max: int = 0
    daily_count_max: int = 0


async def seq_before(database: Database, partition: int, moment: datetime) -> int:
    """A sequence of a partition above which everything of a moment and later stands."""
    return await _bound(database, "seq_before", partition, moment)


async def seq_until(database: Database, partition: int, moment: datetime) -> int:
    """A sequence of a partition above which nothing of a moment or earlier stands."""
    return await _bound(database, "seq_until", partition, moment)


async def end_of(database: Database, partition: int) -> int:
    """A partition's newest sequence."""
    seq: int = await database.fetchval(SQL["end"], partition)
    return seq


async def _bound(database: Database, name: str, partition: int, moment: datetime) -> int:
    seq: int | None = await database.fetchval(SQL[name], partition, moment)
    if seq is None:
        raise LookupError(f"the ledger has no lease row for partition {partition}")
    return seq


class AccountReader:
    """Each question belongs to a tenant, and no other's account answers it."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        names: AccountNames,
        texts: Texts,
        tokens: Tokens,
        settled_after_s: float = SETTLED_AFTER_S,
    ) -> None:
        self.pool = pool
        self.names = names
        self.texts = texts
        self.tokens = tokens
        self.cursors = Cursors(tokens)
        self.settled_after = timedelta(seconds=settled_after_s)

    async def account(self, tenant: int, id: str, at: datetime | None = None) -> AccountView | None:
        """An account as it is, or as it was at a moment; None when there was none. Of a moment
        that the ledger isn't sure of yet it is told as it is."""
        row = await self.pool.fetchrow(SQL["account"], tenant, id)
        if row is None:
            return None
        if at is None:
            return _account(row, row["last_at"])
        sure = self._sure(row)
        return _account(row, sure) if at >= sure else await self._account_at(row, at)

    async def accounts(
        self, tenant: int, cursor: str | None = None, limit: int = 100
    ) -> Page[AccountView]:
        """A tenant's accounts by id. Raises InvalidCursor."""
        after = self.cursors.decode("accounts", tenant, cursor) if cursor else ""
        rows = await self.pool.fetch(SQL["accounts"], tenant, after, limit + 1)
        items = [_account(row, row["last_at"]) for row in rows[:limit]]
        more = len(rows) > limit
        return Page(items, self.cursors.encode("accounts", tenant, items[-1].id) if more else None)

    async def entries(
        self,
        tenant: int,
        id: str,
        cursor: str | None = None,
        limit: int = 100,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Statement | None:
        """An account's statement, newest first, from a moment (included) to another; None when
        there is no such account. Raises InvalidCursor."""
        number = await self.pool.fetchval(_NUMBER, tenant, id)
        if number is None:
            return None
        partition = partition_of_account(number)
        reach = await self.pool.fetchrow(SQL["reach"], partition)
        if reach is None:
            raise LookupError(f"the ledger has no lease row for partition {partition}")
        high, low = reach["last_seq"], 0
        as_of = reach["last_at"] + _TICK
        if until is not None:
            high = min(high, await seq_until(self.pool, partition, until))
            as_of = min(self._sure(reach) + _TICK, until)
        if since is not None:
            low = await seq_before(self.pool, partition, since)
        if cursor is not None:
            end = reach["last_seq"]
            high = min(high, self.cursors.decode_number("entries", tenant, cursor, end))
        rows = await self.pool.fetch(SQL["entries"], number, high, low, since, until, limit + 1)
        records = sorted(map(record_of, rows), key=lambda r: _own_seq(r, number), reverse=True)
        page = records[:limit]
        more = len(records) > limit
        return Statement(
            await self._entries(page, number),
            self.cursors.encode("entries", tenant, _own_seq(page[-1], number) - 1)
            if more
            else None,
            iso(as_of),
        )

    def _sure(self, row: Row) -> datetime:
        """Up to when nothing can come any more to a partition that was read."""
        sure: datetime = max(row["last_at"], row["read_at"] - self.settled_after)
        return sure

    async def _account_at(self, row: Row, at: datetime) -> AccountView | None:
        number = row["number"]
        seq = await seq_until(self.pool, partition_of_account(number), at)
        balance = await self.pool.fetchrow(SQL["balance_at"], number, seq, at)
        details = await self.pool.fetchval(SQL["settings_at"], number, seq)
        if balance is None or details is None:
            return None
        then = json.decode(details, type=Settings)
        return AccountView(
            id=row["id"],
            currency=currency_code(row["currency"]),
            state=then.state,
            posted=balance["posted"],
            held=balance["held"],
            available=balance["posted"] - balance["held"] + then.credit_line,
            credit_line=then.credit_line,
            limits=Limits(then.payment_max, then.daily_amount_max, then.daily_count_max),
            opened_at=iso(row["opened_at"]),
            as_of=iso(at),
        )

    async def _entries(self, records: list[Record], account: int) -> list[Entry]:
        came_from = await origins(self.pool, records)
        await self.texts.unseal([*records, *came_from.records])
        firsts = [came_from.first(r) for r in records]
        others = [
            statement.counterparty(record, account, first)
            for record, first in zip(records, firsts, strict=True)
        ]
        names = await self.names.of(others)
        return [
            statement.entry(record, first, account, other, names, self.tokens)
            for record, first, other in zip(records, firsts, others, strict=True)
        ]


def _own_seq(record: Record, account: int) -> int:
    return record.seq if record.debit == account else record.credit_seq


def _account(row: Row, as_of: datetime) -> AccountView:
    return AccountView(
        id=row["id"],
        currency=currency_code(row["currency"]),
        state=AccountState(row["state"]).name.lower(),
        posted=row["posted"],
        held=row["held"],
        available=row["posted"] - row["held"] + row["credit_line"],
        credit_line=row["credit_line"],
        limits=Limits(row["payment_max"], row["daily_amount_max"], row["daily_count_max"]),
        opened_at=iso(row["opened_at"]),
        as_of=iso(as_of),
    )
