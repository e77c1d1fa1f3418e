"""Whether the books keep what must always hold (sql/verify.sql), by one snapshot."""

from typing import Any

from headrace.loadtests.baseline.schema import connect
from headrace.runtime.database.sql_by_name import load

SQL = load("headrace.loadtests.baseline", "verify")

_LIMITS = "SET LOCAL work_mem = '256MB'; SET LOCAL statement_timeout = 0"


async def verify(database_url: str) -> dict[str, Any]:
    """`result` is pass or fail; `wrong` counts what each failed check found."""
    connection = await connect(database_url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await connection.execute(
                "SET LOCAL work_mem = '256MB'; SET LOCAL statement_timeout = 0"
            )
            wrong = {name: await connection.fetchval(statement) for name, statement in SQL.items()}
            payments = await connection.fetchval("SELECT count(*) FROM payments")
    finally:
        await connection.close()
    wrong = {name: count for name, count in wrong.items() if count}
    result = "fail" if wrong else "pass"
    return {"result": result, "payments": payments, "checks": len(SQL), "wrong": wrong}
