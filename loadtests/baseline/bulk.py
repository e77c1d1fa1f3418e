"""A batch as a PostgreSQL expert writes it: sets of rows and few round trips.

`pay` claims all keys, locks all accounts in order, decides the items in their order and writes sets
of rows. `pay_optimistically` writes the batch whole before any account is locked, as if every key
were new and all money there, so that locks are held for short: under them only balances are looked
at and changed. When a key turns out to be known, or an item to be declined or refused, it is rolled
back and done by `pay`.
"""

from datetime import datetime
from operator import attrgetter

from asyncpg import UniqueViolationError
from uuid_utils import UUID

from headrace.loadtests.baseline.deciding import Account, Refused, decide, move
from headrace.loadtests.baseline.orders import DECLINED, SETTLED, SQL, Order, Paid, before, now
from headrace.loadtests.baseline.plan import Plan, accounts_of
from headrace.runtime.database.connect import Connection

_key_of = attrgetter("key")
PAYMENT_COLUMNS = (
    "id", "tenant", "key", "fingerprint", "debtor", "creditor", "amount", "currency", "status",
    "reason", "created_at",
)  # fmt: skip


class _NotPlain(Exception):
    """The batch has a known key, or an item that isn't settled."""


async def pay_optimistically(connection: Connection, tenant: int, plan: Plan) -> None:
    """Fills the plan's answers."""
    if not plan.refused:
        try:
            await _pay_plain(connection, tenant, plan)
            return
        except (UniqueViolationError, _NotPlain):
            pass
    await pay(connection, tenant, plan)


async def _pay_plain(connection: Connection, tenant: int, plan: Plan) -> None:
    at, orders = now(), plan.orders
    by_key = sorted(orders, key=_key_of)
    async with connection.transaction():
        await connection.copy_records_to_table(
            "payments", columns=PAYMENT_COLUMNS,
            records=[
                (o.id, tenant, o.key, o.fingerprint, o.debtor, o.creditor, o.amount, o.currency,
                 SETTLED, 0, at)
                for o in by_key
            ],
        )  # fmt: skip
        await _write_entries(connection, by_key)
        await _write_outbox(connection, [(o.id, SETTLED) for o in by_key])
        accounts = await _lock(connection, orders)
        today = at.date()
        for o in orders:
            debtor, creditor = accounts[o.debtor], accounts[o.creditor]
            try:
                reason = decide(debtor, creditor, o.amount, o.currency, today)
            except Refused:
                raise _NotPlain from None
            if reason:
                raise _NotPlain
            move(debtor, creditor, o.amount)
        await _move(connection, accounts)
    for o in orders:
        plan.answers[o.key] = Paid(o.id, SETTLED, 0, at)


async def pay(connection: Connection, tenant: int, plan: Plan) -> None:
    """Fills the plan's answers."""
    at = now()
    async with connection.transaction():
        claimed = await _claim(connection, tenant, plan.orders, at)
        orders = [o for o in plan.orders if o.id.bytes in claimed]
        accounts = await _lock(connection, orders)
        settled: list[Order] = []
        declined: list[tuple[Order, int]] = []
        released: list[Order] = []
        for o in orders:
            debtor, creditor = accounts[o.debtor], accounts[o.creditor]
            try:
                reason = decide(debtor, creditor, o.amount, o.currency, at.date())
            except Refused as refused:
                released.append(o)
                plan.answers[o.key] = refused
                continue
            if reason:
                declined.append((o, reason))
            else:
                move(debtor, creditor, o.amount)
                settled.append(o)
            plan.answers[o.key] = Paid(o.id, DECLINED if reason else SETTLED, reason, at)
        if declined:
            ids, reasons = zip(*((o.id, reason) for o, reason in declined), strict=True)
            await connection.execute(SQL["decline_many"], DECLINED, ids, reasons)
        if released:
            await connection.execute(SQL["release_many"], [o.id for o in released])
        await _write_entries(connection, settled)
        told = [(o.id, SETTLED) for o in settled] + [(o.id, DECLINED) for o, _ in declined]
        await _write_outbox(connection, told)
        await _move(connection, accounts)
        known = {o.key: o.fingerprint for o in plan.orders if o.id.bytes not in claimed}
        plan.answers |= await before(connection, tenant, known | plan.refused)


async def _claim(
    connection: Connection, tenant: int, orders: list[Order], at: datetime
) -> set[bytes]:
    """Ids of those whose key was free."""
    if not orders:
        return set()
    ids, keys, *rest = zip(*orders, strict=True)
    rows = await connection.fetch(SQL["claim_many"], tenant, SETTLED, at, ids, keys, *rest)
    return {row[0].bytes for row in rows}


async def _lock(connection: Connection, orders: list[Order]) -> dict[int, Account]:
    rows = await connection.fetch(SQL["lock"], accounts_of(orders))
    return {row[0]: Account(row) for row in rows}


async def _write_entries(connection: Connection, orders: list[Order]) -> None:
    entries = [
        entry
        for o in orders
        for entry in ((o.id, o.debtor, -o.amount), (o.id, o.creditor, o.amount))
    ]
    await connection.copy_records_to_table(
        "entries", columns=("payment", "account", "amount"), records=entries
    )


async def _write_outbox(connection: Connection, told: list[tuple[UUID, int]]) -> None:
    await connection.copy_records_to_table("outbox", columns=("payment", "status"), records=told)


async def _move(connection: Connection, accounts: dict[int, Account]) -> None:
    if accounts:
        columns = zip(
            *((a.number, a.posted, a.day_amount, a.day_count, a.day) for a in accounts.values()),
            strict=True,
        )
        await connection.execute(SQL["move"], *columns)
