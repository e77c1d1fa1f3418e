"""Checks that compare the ledger with what the code knows: hashes, packaged files, names."""

from headrace.runtime.database.connect import Connection
from headrace.runtime.database.migrate import migrations
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.journal.account_numbers import partition_of_account
from headrace.runtime.ledger.names import SUBJECTS, currencies, differing
from headrace.runtime.ledger.verify.found import Found
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


async def migrations_are_the_packaged(connection: Connection) -> Found:
    """Every packaged migration was applied, as it is packaged, and no other."""
    packaged = {m.name: m.digest for m in migrations()}
    applied = {row["name"]: row["digest"] for row in await connection.fetch(SQL["migrations"])}
    wrong = sorted(n for n in packaged.keys() | applied if packaged.get(n) != applied.get(n))
    return Found(f"{len(applied)} migrations", len(wrong), wrong[0] if wrong else None)


async def names_are_the_codes(connection: Connection) -> Found:
    """The ledger's tables of names, kinds and states are the code's; a newer version may have added
    some."""
    wanted = {(s, m.value): m.name.lower() for s, e in SUBJECTS.items() for m in e}
    named = {(r["subject"], r["number"]): r["name"] for r in await connection.fetch(SQL["names"])}
    money = {tuple(row) for row in await connection.fetch(SQL["currencies"])}
    wrong = [f"{subject} {number}" for (subject, number), name in wanted.items()
             if named.get((subject, number)) != name]  # fmt: skip
    wrong += [code for number, code, units in currencies() if (number, code, units) not in money]
    differ = await differing(connection)
    wrong += [f"{table} {number}" for table, rows in differ.items() for number in rows]
    return Found(f"{len(named) + len(money)} names", len(wrong), wrong[0] if wrong else None)
