"""What the ledger keeps in the database: accounts, the journal, and what stands beside it."""

from headrace.runtime.database.area import Area
from headrace.runtime.database.connect import Connection
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.ledger.names import SQL, SUBJECTS, tables_differ, write_tables
from headrace.runtime.ledger.verify.by_code import accounts_are_at_home
from headrace.runtime.ledger.verify.by_sql import BY_SQL
from headrace.runtime.ledger.verify.fingerprints import fingerprints_are_the_requests


async def _found(connection: Connection, partitions: int) -> None:
    await write_tables(connection)
    await connection.execute(SQL["write_leases"], partitions)


LEDGER = Area(
    "headrace.runtime.ledger",
    names=SUBJECTS,
    functions=load("headrace.runtime.journal", "functions"),
    founding=_found,
    differing=tables_differ,
    checks={
        **BY_SQL,
        accounts_are_at_home.__name__: accounts_are_at_home,
        fingerprints_are_the_requests.__name__: fingerprints_are_the_requests,
    },
    slowest=(
        "fingerprints_are_the_requests", "balances_follow", "states_follow", "amounts_add_up",
        "legs_arrive_once", "parties_are_the_payments", "sequences_are_whole",
        "keys_are_used_once",
    ),
)  # fmt: skip
