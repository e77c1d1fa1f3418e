"""One payment, one transaction: its key, both accounts in the order of their numbers, its money."""

from asyncpg import Pool

from headrace.loadtests.baseline.bodies import PaymentBody
from headrace.loadtests.baseline.deciding import Account, Refused, decide, move
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
from headrace.runtime.ledger.connect import Connection


async def pay(pool: Pool, directory: Directory, tenant: int, body: PaymentBody, key: str) -> Paid:
    """Decides the payment or answers as the key was answered first; raises Refused."""
    async with pool.acquire(timeout=ACQUIRE_TIMEOUT_S) as connection:
        numbers = await directory.numbers(connection, tenant, {body.debtor, body.creditor})
        try:
            asked = order(body, key, numbers)
            paid = await decided(connection, tenant, asked)
        except Refused as refused:
            return _known(await before(connection, tenant, {key: fingerprint(body)}), key, refused)
        if paid is None:
            return _known(await before(connection, tenant, {key: asked.fingerprint}), key, None)
        return paid


def _known(found: dict[str, Paid | Refused], key: str, refused: Refused | None) -> Paid:
    answer = found.get(key, refused)
    if answer is None:
        raise RuntimeError(f"the key {key!r} was in use and is gone")
    if isinstance(answer, Refused):
        raise answer
    return answer


async def decided(connection: Connection, tenant: int, asked: Order) -> Paid | None:
    """None: the key is known."""
    at = now()
    async with connection.transaction():
        rows = await connection.fetch(
            SQL["claim"], asked.id, tenant, asked.key, asked.fingerprint, asked.debtor,
            asked.creditor, asked.amount, asked.currency, SETTLED, at,
        )  # fmt: skip
        if not rows:
            return None
        first, second = map(Account, rows)
        debtor, creditor = (first, second) if first.number == asked.debtor else (second, first)
        reason = decide(debtor, creditor, asked.amount, asked.currency, at.date())
        if reason:
            await connection.fetch(SQL["decline"], asked.id, DECLINED, reason)
            return Paid(asked.id, DECLINED, reason, at)
        move(debtor, creditor, asked.amount)
        await connection.fetch(
            SQL["settle"], asked.id, asked.debtor, asked.creditor, asked.amount, debtor.day_amount,
            debtor.day_count, debtor.day, SETTLED,
        )  # fmt: skip
        return Paid(asked.id, SETTLED, 0, at)
