"""Balances, now and then, and statements."""

from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from support.ledger_tokens import TOKENS, record_id_of

from headrace.runtime.clock import from_us, iso
from headrace.runtime.identity import tenants
from headrace.runtime.journal.account_numbers import partition_of_account
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.ledger.cursors import InvalidCursor
from headrace.runtime.ledger.read import Reader
from headrace.runtime.ledger.read_accounts import seq_before, seq_until

TICK = timedelta(microseconds=1)


@pytest.fixture
def reader(database):
    return Reader(database, tokens=TOKENS)


@pytest_asyncio.fixture
async def stranger(database):
    return (await tenants.create(database, "stranger"))[0].number


async def test_an_account_is_told_with_its_balance_and_settings(reader, books, scene):
    anna = await reader.account(books.tenant, scene.anna)
    assert (anna.id, anna.currency, anna.state) == (scene.anna, "EUR", "frozen")
    assert anna.held == 1_100
    assert anna.available == anna.posted - anna.held
    assert (anna.limits.payment_max, anna.limits.daily_count_max) == (10_000, 0)
    credit = await reader.account(books.tenant, scene.credit)
    assert (credit.posted, credit.credit_line, credit.available) == (-5_000, 5_000, 0)


async def test_an_account_as_of_each_moment_of_its_life(reader, books, scene):
    number, balance = books.numbers[scene.anna], (0, 0)
    for r in books.records:
        if number in (r.debit, r.credit):
            side = "debit" if r.debit == number else "credit"
            balance = getattr(r, f"{side}_posted"), getattr(r, f"{side}_held")
        then = await reader.account(books.tenant, scene.anna, from_us(r.at))
        assert (then.posted, then.held) == balance
        assert then.as_of == iso(from_us(r.at))
    assert (
        await reader.account(books.tenant, scene.anna, from_us(books.records[0].at) - TICK) is None
    )


async def test_past_settings_are_those_of_then(reader, books, scene):
    change = next(r for r in books.records if r.kind == RecordKind.ACCOUNT_CHANGED)
    before = await reader.account(books.tenant, scene.anna, from_us(change.at) - TICK)
    after = await reader.account(books.tenant, scene.anna, from_us(change.at))
    assert (before.state, before.limits.payment_max) == ("open", 0)
    assert (after.state, after.limits.payment_max) == ("frozen", 10_000)


async def test_bounds_in_time_leave_nothing_out_and_stand_as_near_as_own_records_tell(
    database, books, scene
):
    for partition in range(books.partitions):
        own = [(r.at, r.seq) for r in books.records if r.partition == partition]
        carried = [
            (r.at, r.credit_seq)
            for r in books.records
            if r.credit_partition == partition != r.partition
        ]
        newest = max((s for _, s in own + carried), default=0)
        for at, _ in own + carried:
            for moment in (at - 1, at, at + 1):
                low = await seq_before(database, partition, from_us(moment))
                high = await seq_until(database, partition, from_us(moment))
                assert low == max((s for t, s in own if t < moment), default=0)
                assert high == min((s for t, s in own if t > moment), default=newest + 1) - 1
                assert all(s > low for t, s in own + carried if t >= moment)
                assert all(s <= high for t, s in own + carried if t <= moment)
        assert await seq_until(database, partition, from_us(books.now)) == newest


async def test_accounts_are_listed_by_id_page_by_page(reader, books, scene):
    listed, cursor = [], None
    while True:
        page = await reader.accounts(books.tenant, cursor, 2)
        listed += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert [a.id for a in listed] == sorted(books.numbers)
    assert [await reader.account(books.tenant, a.id) for a in listed] == listed


async def test_a_statement_is_the_view_of_entries(reader, books, scene, database):
    for id in (scene.anna, scene.shop, scene.kiosk, scene.credit):
        rows = await database.fetch(
            "SELECT * FROM entries WHERE account = $1 ORDER BY seq DESC", id
        )
        listed = await statement(reader, books.tenant, id, 3)
        assert [
            (e.kind, e.amount, e.held_amount, e.posted, e.held, e.reference) for e in listed
        ] == [
            tuple(r[c] for c in
                  ("kind", "posted_change", "held_change", "posted", "held", "reference"))
            for r in rows
        ]  # fmt: skip
        assert len(listed) > 0


async def statement(reader, tenant, id, limit, **bounds):
    listed, cursor = [], None
    while True:
        page = await reader.entries(tenant, id, cursor, limit, **bounds)
        assert len(page.items) <= limit
        listed += page.items
        cursor = page.next_cursor
        if cursor is None:
            return listed


async def test_an_entry_names_the_other_side_wherever_the_money_is_on_its_way(reader, books, scene):
    kiosk = await statement(reader, books.tenant, scene.kiosk, 100)
    assert {(e.kind, e.counterparty) for e in kiosk} == {
        ("settled", scene.anna), ("captured", scene.anna), ("settled", scene.credit),
        ("refunded", scene.anna),
    }  # fmt: skip
    anna = await statement(reader, books.tenant, scene.anna, 100)
    assert {e.counterparty for e in anna} == {scene.shop, scene.kiosk, "external:EUR:0"}
    deposit = anna[-1]
    assert (deposit.kind, deposit.payment, deposit.amount) == ("deposited", None, 1_000_000)


async def test_a_statement_has_bounds_in_time(reader, books, scene):
    whole = await statement(reader, books.tenant, scene.anna, 100)
    since, until = whole[-4].at, whole[3].at
    part = await statement(
        reader, books.tenant, scene.anna, 2,
        since=datetime.fromisoformat(since), until=datetime.fromisoformat(until),
    )  # fmt: skip
    assert part == [e for e in whole if since <= e.at < until]
    assert len(part) == len(whole) - 7


async def test_the_entry_id_stands_for_the_accounts_own_sequence(reader, books, scene):
    partition = partition_of_account(books.numbers[scene.shop])
    listed = await statement(reader, books.tenant, scene.shop, 100)
    assert {record_id_of(e.id)[0] for e in listed} == {partition}
    assert len({e.id for e in listed}) == len(listed)


async def test_another_tenant_sees_nothing(reader, books, scene, stranger):
    assert await reader.account(stranger, scene.anna) is None
    assert await reader.account(stranger, scene.anna, from_us(books.now)) is None
    assert await reader.entries(stranger, scene.anna) is None
    assert (await reader.accounts(stranger)).items == []


async def test_forged_cursors_are_refused(reader, books, scene):
    for cursor in ("x", "ZW50cmllcy94", "ZW50cmllcy8tMQ"):
        with pytest.raises(InvalidCursor):
            await reader.entries(books.tenant, scene.anna, cursor)
        with pytest.raises(InvalidCursor):
            await reader.accounts(books.tenant, cursor)
