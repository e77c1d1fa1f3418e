"""Checks that compare the ledger with what the code knows of accounts' homes."""

from headrace.runtime.database.check import Found
from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.account_numbers import partition_of_account
from headrace.runtime.partitioning import partition_of

SQL = load("headrace.runtime.ledger.verify", "asked_by_code")


async def accounts_are_at_home(connection: Connection) -> Found:
    """Each account lives in the partition that its tenant and id lead to."""
    partitions = int(await connection.fetchval(SQL["partitions"]))
    seen, wrong, first = 0, 0, None
    async for number, tenant, id in connection.cursor(SQL["accounts"], prefetch=10_000):
        seen += 1
        if partition_of_account(number) != partition_of(tenant, id, partitions):
            wrong, first = wrong + 1, first or id
    return Found(f"{seen} accounts", wrong, first)
