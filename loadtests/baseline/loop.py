"""A batch as most teams write it: item by item in one transaction.

All accounts are locked at its start, in the order of their numbers: locked item by item, two
batches would sooner or later wait for each other. A savepoint an item isn't needed, because an
item's statement does not fail: a known key gives no row.
"""

from headrace.loadtests.baseline.deciding import Account, Refused, decide, move
from headrace.loadtests.baseline.orders import DECLINED, SETTLED, SQL, Order, Paid, before, now
from headrace.loadtests.baseline.plan import Answer, Plan, accounts_of
from headrace.runtime.ledger.connect import Connection


async def pay(connection: Connection, tenant: int, plan: Plan) -> None:
    """Fills the plan's answers."""
    async with connection.transaction():
        rows = await connection.fetch(SQL["lock"], accounts_of(plan.orders))
        accounts = {row[0]: Account(row) for row in rows}
        for asked in plan.orders:
            plan.answers[asked.key] = await _pay(connection, tenant, asked, accounts)
        plan.answers |= await before(connection, tenant, plan.refused)


async def _pay(
    connection: Connection, tenant: int, asked: Order, accounts: dict[int, Account]
) -> Answer:
    at = now()
    debtor, creditor = accounts[asked.debtor], accounts[asked.creditor]
    try:
        reason = decide(debtor, creditor, asked.amount, asked.currency, at.date())
    except Refused as refused:
        known = await before(connection, tenant, {asked.key: asked.fingerprint})
        return known.get(asked.key, refused)
    status = DECLINED if reason else SETTLED
    new = await connection.fetch(
        SQL["item"], asked.id, tenant, asked.key, asked.fingerprint, asked.debtor, asked.creditor,
        asked.amount, asked.currency, status, reason, at, debtor.day_amount + asked.amount,
        debtor.day_count + 1, debtor.day,
    )  # fmt: skip
    if not new:
        return (await before(connection, tenant, {asked.key: asked.fingerprint}))[asked.key]
    if not reason:
        move(debtor, creditor, asked.amount)
    return Paid(asked.id, status, reason, at)
