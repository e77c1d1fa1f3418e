"""Accounts of a role: numbered by their partition as opened, found by what they are for."""

import pytest_asyncio

from headrace.runtime.database.connect import connect
from headrace.runtime.identity import tenants
from headrace.runtime.journal.account_numbers import (
    FIRST_ORDINAL,
    Role,
    RoleKey,
    account_number,
    role_account_number,
)
from headrace.runtime.ledger import fencing, load
from headrace.runtime.ledger.commit import commit, prepare
from headrace.runtime.ledger.read import Reader
from headrace.runtime.partitioning import partition_of
from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.command import OpenAccount
from headrace.runtime.payments.decide_account import decide_open, open_role_account
from headrace.runtime.verify import verify

EUR, TRACE = 978, bytes(range(16))
NOON = 1_735_732_800_000_000


@pytest_asyncio.fixture
async def writer(settings, database):
    """A connection that holds every partition, a book of them, and a tenant."""
    tenant = (await tenants.create(database, "acme"))[0].number
    connection = await connect(settings.ledger, "headrace writer test")
    partitions = list(range(settings.cell.partitions))
    taken = await fencing.take_over(connection, partitions, "test", "test", lock_timeout_s=5)
    book = Book(settings.cell.partitions)
    for partition, _ in taken.values():
        book.take_over(partition, [])
    yield connection, book, tenant
    await connection.close()


async def test_numbered_as_opened_and_found_by_what_they_are_for(writer, database, settings):
    connection, book, tenant = writer
    home = partition_of(tenant, "anna", settings.cell.partitions)
    visa, swift = (RoleKey(home, Role.SETTLEMENT, tenant, rail, EUR) for rail in ("visa", "swift"))
    batch = Batch(1)
    open_role_account(book, batch, visa, NOON, TRACE)
    decide_open(book, batch, OpenAccount(tenant, "anna", EUR), NOON)
    open_role_account(book, batch, swift, NOON, TRACE)
    await commit(connection, prepare(batch, book.partitions))

    missing = visa._replace(currency=840)
    found = await load.role_accounts(database, [visa, swift, missing])
    assert {key: account.number for key, account in found.items()} == {
        visa: role_account_number(home, FIRST_ORDINAL),
        swift: role_account_number(home, FIRST_ORDINAL + 2),
    }
    assert book.by_id[tenant, "anna"].number == account_number(home, FIRST_ORDINAL + 1)
    assert {(a.id, a.tenant, a.currency, a.posted) for a in found.values()} == {
        ("", tenant, EUR, 0)
    }
    assert await load.role_accounts(database, []) == {}


async def test_no_client_can_name_one_and_readers_are_told_what_it_is_for(
    writer, database, settings
):
    connection, book, tenant = writer
    key = RoleKey(3, Role.SETTLEMENT, tenant, "visa", EUR)
    batch = Batch(1)
    done = open_role_account(book, batch, key, NOON, TRACE)
    await commit(connection, prepare(batch, book.partitions))
    assert not [id for _, id in book.by_id]
    reader = Reader(database)
    assert (await reader.accounts(tenant)).items == []
    (record,) = await reader.events({}, {3: done.seq}, tenant)
    assert await reader.names.in_records([record]) == {
        role_account_number(3, FIRST_ORDINAL): "settlement:visa:EUR:3"
    }
    rows = await database.fetch(
        "SELECT account, currency, posted FROM balances WHERE tenant = 'acme'"
    )
    assert [tuple(row) for row in rows] == [("settlement:visa:EUR:3", "EUR", 0)]
    assert (await verify(settings.ledger)).result == "pass"


async def test_verify_sees_one_that_took_a_tenants_number(writer, database, settings):
    connection, book, tenant = writer
    batch = Batch(1)
    open_role_account(book, batch, RoleKey(3, Role.SETTLEMENT, tenant, "visa", EUR), NOON, TRACE)
    await commit(connection, prepare(batch, book.partitions))
    number = account_number(3, FIRST_ORDINAL)
    await database.execute("UPDATE accounts SET number = $1", number)
    await database.execute("UPDATE journal SET credit = $1", number)
    checks = {check.name: check.result for check in (await verify(settings.ledger)).checks}
    assert checks["accounts_are_the_journals"] == "fail"
