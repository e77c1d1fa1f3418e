"""A batch as most teams write it: the single payment's code, item by item in one transaction.

All accounts are locked at the start, in the order of their numbers: locked item by item, two
batches would sooner or later wait for each other. A savepoint an item isn't needed: what is refused
has written nothing.
"""

from headrace.loadtests.baseline.deciding import Refused
from headrace.loadtests.baseline.orders import SQL, before
from headrace.loadtests.baseline.plan import Plan, accounts_of
from headrace.loadtests.baseline.single import decided
from headrace.runtime.database.connect import Connection


async def pay(connection: Connection, tenant: int, plan: Plan) -> None:
    """Fills the plan's answers."""
    async with connection.transaction():
        await connection.execute(SQL["lock"], accounts_of(plan.orders))
        known = dict(plan.refused)
        for asked in plan.orders:
            try:
                paid = await decided(connection, tenant, asked)
            except Refused as refused:
                plan.answers[asked.key] = refused
                continue
            if paid is None:
                known[asked.key] = asked.fingerprint
            else:
                plan.answers[asked.key] = paid
        plan.answers |= await before(connection, tenant, known)
