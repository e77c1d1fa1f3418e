"""Whether a ledger keeps what must always hold (sql/verify.sql says what that is).

All checks look at one snapshot, so that a ledger can be verified while payments go on.
"""

from collections.abc import Callable
from typing import Any

import asyncpg
from msgspec import Struct

from headrace.runtime.ledger.connect import Connection, connect
from headrace.runtime.ledger.statements import load
from headrace.runtime.partitioning import partition_of, partition_of_account
from headrace.runtime.payments.states import TRANSITIONS
from headrace.runtime.settings import Settings

SQL = load("headrace.runtime.ledger", "verify")
CHECKS = tuple(name for name in SQL if name not in ("accounts", "partitions"))
WORK_MEM = "256MB"
"""For one sort or hash at a time; a larger ledger spills to disk."""


class Check(Struct, frozen=True):
    """`figure` is what was looked at or came out; `detail` how much is wrong and where first."""

    name: str
    result: str
    figure: str
    detail: str = ""


class Verdict(Struct, frozen=True):
    """Passes when every check does."""

    result: str
    checks: list[Check]


async def verify(
    settings: Settings, checked: Callable[[Check], None] = lambda check: None
) -> Verdict:
    """Runs every check, also after one has failed; `checked` hears of each as it ends.

    Raises what asyncpg and the network raise.
    """
    connection = await connect(settings, "headrace verify")
    try:
        return await verify_on(connection, checked)
    finally:
        await connection.close()


async def verify_on(
    connection: Connection, checked: Callable[[Check], None] = lambda check: None
) -> Verdict:
    """The same on a connection that is in no transaction."""
    checks = []
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(
            f"SET LOCAL work_mem = '{WORK_MEM}'; SET LOCAL statement_timeout = 0"
        )
        for name in CHECKS:
            check = await _check(connection, name)
            checked(check)
            checks.append(check)
        check = await _homes(connection)
        checked(check)
        checks.append(check)
    failed = any(check.result == "fail" for check in checks)
    return Verdict("fail" if failed else "pass", checks)


async def _check(connection: Connection, name: str) -> Check:
    arguments: list[Any] = []
    if name == "states_follow":
        moves = [(t.source or 0, t.kind, t.target) for t in TRANSITIONS]
        arguments = [list(column) for column in zip(*moves, strict=True)]
    try:
        async with connection.transaction():
            (row,) = await connection.fetch(SQL[name], *arguments)
    except asyncpg.DataError as error:
        return Check(name, "fail", "unreadable", str(error))
    return _told(name, row["figure"], row["wrong"], row["first"])


async def _homes(connection: Connection) -> Check:
    """Each account lives in the partition that its tenant and id lead to."""
    partitions = int(await connection.fetchval(SQL["partitions"]))
    seen, wrong, first = 0, 0, None
    async for number, tenant, id in connection.cursor(SQL["accounts"], prefetch=10_000):
        seen += 1
        if partition_of_account(number) != partition_of(tenant, id, partitions):
            wrong, first = wrong + 1, first or id
    return _told("accounts_are_at_home", f"{seen} accounts", wrong, first)


def _told(name: str, figure: str, wrong: int, first: str | None) -> Check:
    if not wrong:
        return Check(name, "pass", figure)
    return Check(name, "fail", figure, f"{wrong} wrong, first {first}")
