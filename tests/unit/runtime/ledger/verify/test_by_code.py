"""Checks that compare what the ledger says with what the code knows."""

from collections.abc import AsyncIterator
from typing import Any

from headrace.runtime.database.check import Found
from headrace.runtime.journal.account_numbers import ORDINAL_BITS
from headrace.runtime.ledger.verify import by_code
from headrace.runtime.ledger.verify.by_code import SQL
from headrace.runtime.partitioning import partition_of

PARTITIONS = 8


def at_home(id: str, away: int = 0) -> tuple[int, int, str]:
    """Number, tenant and id of an account, so many partitions from where it belongs."""
    partition = (partition_of(5, id, PARTITIONS) + away) % PARTITIONS
    return partition << ORDINAL_BITS | 4_096, 5, id


async def homes(told, *accounts: tuple[int, int, str]) -> Found:
    class Ledger(told):
        async def cursor(self, statement: str, prefetch: int) -> AsyncIterator[Any]:
            assert statement == SQL["accounts"]
            for account in accounts:
                yield account

    return await by_code.accounts_are_at_home(Ledger(SQL, partitions=[str(PARTITIONS)]))


async def test_accounts_live_where_their_ids_lead(told) -> None:
    assert await homes(told) == Found("0 accounts")
    found = await homes(told, *(at_home(f"id-{n}") for n in range(20)))
    assert found == Found("20 accounts", 0, None)


async def test_accounts_that_live_elsewhere_are_counted_and_the_first_is_told(told) -> None:
    accounts = [at_home("a"), at_home("b", 1), at_home("c", 3), at_home("d")]
    assert await homes(told, *accounts) == Found("4 accounts", 2, "b")
