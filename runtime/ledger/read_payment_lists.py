"""Lists of payments, newest first, along the indexes that the journal has anyway.

A filter that no index answers is tried on stretches of rows, each longer than the one before, until
the page is full, the list ends, or time or rows are used up; then the page is short and its cursor
goes on from there.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from time import monotonic
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record as Row
from msgspec import Struct

from headrace.runtime.clock import EPOCH, to_us
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.account_numbers import partition_of_account
from headrace.runtime.journal.states import STATES, PaymentState
from headrace.runtime.ledger.cursors import Cursors
from headrace.runtime.ledger.read_accounts import end_of, seq_before, seq_until

SQL = load("headrace.runtime.ledger", "read_payments")
ROWS_MAX = 100_000
"""Looked at for one page."""
TIME_MAX_S = 2.0
CLOCKS_APART_MAX = timedelta(hours=1)
"""Between two partitions: how much earlier a payment may arrive by the creditor's than it was made
by the debtor's."""
ARRIVED = STATES["arrived"]
"""States in which the creditor has been credited, so that its own entries lead to the payment."""

_SEQ_MAX = 2**62
_UUID_MAX = 2**128 - 1


class Filter(Struct, frozen=True, kw_only=True):
    """What the payments of a list have in common."""

    debtor: str | None = None
    creditor: str | None = None
    account: str | None = None
    """Either of them."""
    reference: str | None = None
    pair: int | None = None
    """Digest of a pair of metadata (keys/text_digest.py)."""
    amount_from: int | None = None
    amount_to: int | None = None
    """Both included."""
    currency: int | None = None
    """ISO 4217 numeric code."""
    status: PaymentState | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    """From a moment, included, to another."""


class _Route(NamedTuple):
    """A way through an index: keys from `high` down to `low`, both included."""

    name: str
    high: int
    low: int
    stretch: Callable[[int, int], Awaitable[list[Row]]]
    """Rows (key, payment, counts) from a key down, at most so many."""
    by_payment: bool
    """Places are payments, of which an index holds several rows."""
    partition: int | None = None
    """Whose sequences the keys are; None: they are payments."""


class _Parties(NamedTuple):
    debtor: int | None
    creditor: int | None
    account: int | None


async def payments(
    database: Database, cursors: Cursors, tenant: int, chosen: Filter, cursor: str | None,
    limit: int,
) -> tuple[list[UUID], str | None]:  # fmt: skip
    """The ids of a page and the cursor of the next. Raises InvalidCursor, OfAnotherHistory."""
    parties = await _parties(database, tenant, chosen)
    if parties is None:
        return [], None
    route = await _route(database, tenant, chosen, parties)
    high = route.high
    if cursor is not None:
        end = _UUID_MAX if route.partition is None else await end_of(database, route.partition)
        high = min(high, cursors.decode_number(route.name, tenant, cursor, end))
    found: list[tuple[int, UUID]] = []
    started, rows_seen, rows = monotonic(), 0, max(4 * limit, 100)
    while high >= route.low and len(found) <= limit:
        stretch = await route.stretch(high, rows)
        ended = len(stretch) < rows
        rows_seen += len(stretch)
        # A payment whose rows the stretch may have cut is left to the next one.
        cut = None if ended or not route.by_payment else stretch[-1]["payment"]
        counting = {r["payment"]: r["key"] for r in stretch if r["counts"] and r["payment"] != cut}
        matching = await _matching(database, tenant, chosen, parties, list(counting))
        found += [(_number(counting[payment]), payment) for payment in matching]
        if ended:
            high = route.low - 1
            break
        before = high
        high = _number(stretch[-1]["key"]) - (not route.by_payment)
        rows *= 4 if high == before else 2
        if rows_seen >= ROWS_MAX or monotonic() - started >= TIME_MAX_S:
            break
    page = found[:limit]
    if len(found) > limit:
        high = page[-1][0] - 1
    more = high >= route.low
    following = cursors.encode(route.name, tenant, high) if more else None
    return [payment for _, payment in page], following


async def _parties(database: Database, tenant: int, chosen: Filter) -> _Parties | None:
    """The numbers of the accounts that are asked for; None when one of them does not exist."""
    numbers = []
    for id in (chosen.debtor, chosen.creditor, chosen.account):
        number = id and await database.fetchval(SQL["account_number"], tenant, id)
        if id and number is None:
            return None
        numbers.append(number or None)
    return _Parties(*numbers)


async def _route(database: Database, tenant: int, chosen: Filter, parties: _Parties) -> _Route:
    if chosen.reference is None and parties.debtor is not None:
        return await _of_account(database, "of_debtor", parties.debtor, chosen)
    if chosen.reference is None and chosen.pair is None and chosen.status in ARRIVED:
        if parties.creditor is not None:
            return await _of_account(database, "arrived", parties.creditor, chosen)
        if parties.account is not None:
            return await _of_account(database, "of_account", parties.account, chosen)
    low = _first_id(_ms(chosen.created_from)) if chosen.created_from else 0
    high = _first_id(_ms(chosen.created_to) + 1) if chosen.created_to else _UUID_MAX

    async def with_reference(high: int, rows: int) -> list[Row]:
        return await database.fetch(
            SQL["with_reference"], tenant, UUID(int=high), UUID(int=low), rows, chosen.reference
        )

    async def with_metadata(high: int, rows: int) -> list[Row]:
        return await database.fetch(
            SQL["with_metadata"], chosen.pair, UUID(int=high), UUID(int=low), rows
        )

    async def in_review(high: int, rows: int) -> list[Row]:
        return await database.fetch(SQL["in_review"], UUID(int=high), UUID(int=low), rows)

    async def newest(high: int, rows: int) -> list[Row]:
        return await database.fetch(SQL["newest"], tenant, UUID(int=high), UUID(int=low), rows)

    if chosen.reference is not None:
        return _Route("with_reference", high, low, with_reference, True)
    if chosen.pair is not None:
        return _Route("with_metadata", high, low, with_metadata, True)
    if chosen.status is PaymentState.IN_REVIEW:
        return _Route("in_review", high, low, in_review, True)
    return _Route("newest", high, low, newest, True)


async def _of_account(database: Database, name: str, account: int, chosen: Filter) -> _Route:
    """Along an account's own entries. A payment arrives when it is created or later, by clocks that
    may differ."""
    partition, low, high = partition_of_account(account), 0, _SEQ_MAX
    if chosen.created_from:
        moment = chosen.created_from
        if name != "of_debtor":
            moment = max(EPOCH + CLOCKS_APART_MAX, moment) - CLOCKS_APART_MAX
        low = await seq_before(database, partition, moment) + 1
    if chosen.created_to and name == "of_debtor":
        high = await seq_until(database, partition, chosen.created_to)

    async def stretch(high: int, rows: int) -> list[Row]:
        return await database.fetch(SQL[name], account, high, low, rows)

    return _Route(name, high, low, stretch, False, partition)


async def _matching(
    database: Database, tenant: int, chosen: Filter, parties: _Parties, payments: list[UUID]
) -> list[UUID]:
    if not payments:
        return []
    rows = await database.fetch(
        SQL["matching"], tenant, payments, *parties, chosen.reference, chosen.amount_from,
        chosen.amount_to, chosen.currency, chosen.created_from, chosen.created_to, chosen.pair,
        chosen.status,
    )  # fmt: skip
    return [row["payment"] for row in rows]


def _ms(moment: datetime) -> int:
    return to_us(moment) // 1000


def _first_id(ms: int) -> int:
    """No payment of the millisecond (since 1970) or later has a smaller id (ids.payment_id)."""
    return max(0, ms) << 80


def _number(key: int | UUID) -> int:
    return key if isinstance(key, int) else key.int
