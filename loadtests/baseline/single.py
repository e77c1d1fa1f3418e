"""One payment, one transaction: both accounts locked in the order of their numbers.

`pay` is what a good team writes: a statement for each thing that is read or written. `pay_at_once`
is what an expert can make of it: one statement for a payment that nothing speaks against.
"""

from asyncpg import Pool

from headrace.loadtests.baseline.bodies import PaymentBody
from headrace.loadtests.baseline.deciding import Account, Refused, decide
from headrace.loadtests.baseline.orders import (
    ACQUIRE_TIMEOUT_S,
    DECLINED,
    SETTLED,
    SQL,
    Directory,
    Order,
    Paid,
    before,
    fingerprint,
    now,
    order,
)
from headrace.runtime.database.connect import Connection


async def pay(pool: Pool, directory: Directory, tenant: int, body: PaymentBody, key: str) -> Paid:
    """Decides the payment or answers as the key was answered first; raises Refused."""
    return await _pay(pool, directory, tenant, body, key, at_once=False)


async def pay_at_once(
    pool: Pool, directory: Directory, tenant: int, body: PaymentBody, key: str
) -> Paid:
    """The same. When something speaks against the payment it is decided again as by `pay`, so that
    the reason can be told."""
    return await _pay(pool, directory, tenant, body, key, at_once=True)


async def _pay(
    pool: Pool, directory: Directory, tenant: int, body: PaymentBody, key: str, at_once: bool
) -> Paid:
    async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
        numbers = await directory.numbers(connection, tenant, {body.debtor, body.creditor})
        refused = None
        try:
            asked = order(body, key, numbers)
            if at_once and (paid := await _paid_at_once(connection, tenant, asked)):
                return paid
            async with connection.transaction():
                if paid := await decided(connection, tenant, asked):
                    return paid
        except Refused as error:
            refused = error
        known = await before(connection, tenant, {key: fingerprint(body)})
    answer = known.get(key, refused)
    if isinstance(answer, Paid):
        return answer
    raise answer or RuntimeError(f"the key {key!r} was in use and is gone")


async def _paid_at_once(connection: Connection, tenant: int, asked: Order) -> Paid | None:
    at = now()
    done = await connection.fetch(
        SQL["pay_at_once"], asked.id, tenant, asked.key, asked.fingerprint, asked.debtor,
        asked.creditor, asked.amount, asked.currency, SETTLED, at,
    )  # fmt: skip
    return Paid(asked.id, SETTLED, 0, at) if done else None


async def decided(connection: Connection, tenant: int, asked: Order) -> Paid | None:
    """Within a transaction; None: the key is known. Raises Refused."""
    at = now()
    rows = await connection.fetch(SQL["lock"], (asked.debtor, asked.creditor))
    accounts = {row[0]: Account(row) for row in rows}
    debtor, creditor = accounts[asked.debtor], accounts[asked.creditor]
    reason = decide(debtor, creditor, asked.amount, asked.currency, at.date())
    status = DECLINED if reason else SETTLED
    new = await connection.fetch(
        SQL["write"], asked.id, tenant, asked.key, asked.fingerprint, asked.debtor, asked.creditor,
        asked.amount, asked.currency, status, reason, at,
    )  # fmt: skip
    if not new:
        return None
    if not reason:
        await connection.execute(SQL["enter"], asked.id, asked.debtor, asked.creditor, asked.amount)
        await connection.execute(
            SQL["move_one"], asked.debtor, asked.creditor, asked.amount,
            debtor.day_amount + asked.amount, debtor.day_count + 1, debtor.day,
        )  # fmt: skip
    await connection.execute(SQL["tell"], asked.id, status)
    return Paid(asked.id, status, reason, at)
