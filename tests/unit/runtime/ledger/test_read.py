"""One reader answers all that gateways ask."""

from typing import Any
from uuid import UUID

from support.rows_of_a_journal import OTHER, journal, named

from headrace.runtime.ledger import fencing, read_events, read_payment_lists
from headrace.runtime.ledger.read import Reader
from headrace.runtime.ledger.read_payment_lists import Filter
from headrace.runtime.ledger.texts import Texts

FIRST = journal()
SECOND = journal(payment=UUID(bytes=OTHER), amount=8)


def reader(told: Any) -> Reader:
    return Reader(
        told(
            read_payment_lists.SQL | read_events.SQL | fencing.SQL,
            account_names=named,
            newest=[
                {"key": row["payment"], "payment": row["payment"], "counts": True}
                for row in (SECOND, FIRST)
            ],
            matching=lambda tenant, ids, *rest: [{"payment": id} for id in ids],
            records=lambda tenant, ids: [r for r in (FIRST, SECOND) if r["payment"] in ids],
            tenant_names=[{"number": 5, "name": "acme"}],
            ends=[{"partition": 1, "last_seq": 6}],
        )
    )


async def test_a_page_of_payments_has_them_whole_and_says_where_the_next_begins(told: Any) -> None:
    page = await reader(told).payments(5, Filter(), limit=1)
    assert [view.amount for view in page.items] == [8]
    assert page.next_cursor is not None
    page = await reader(told).payments(5, Filter(), limit=2)
    assert [view.amount for view in page.items] == [8, 30]
    assert page.next_cursor is None


async def test_events_have_the_names_of_their_tenants_and_partitions_their_ends(told: Any) -> None:
    found = reader(told)
    assert await found.tenant_names({5}) == {5: "acme"}
    assert await found.ends() == {1: 6}


async def test_a_tenants_name_is_looked_up_once(told: Any) -> None:
    db = told(read_events.SQL, tenant_names=lambda numbers: [
        {"number": number, "name": f"tenant-{number}"} for number in numbers
    ])  # fmt: skip
    found = read_events.EventReader(db, Texts(db, None))
    assert await found.tenant_names([5]) == {5: "tenant-5"}
    assert await found.tenant_names([5, 6]) == {5: "tenant-5", 6: "tenant-6"}
    assert await found.tenant_names([6, 5]) == {5: "tenant-5", 6: "tenant-6"}
    assert db.asked == [("tenant_names", ([5],)), ("tenant_names", ([6],))]


async def test_without_the_master_key_no_payment_is_found_by_its_metadata(told: Any) -> None:
    page = await reader(told).payments(5, Filter(), metadata="order=2041")
    assert (page.items, page.next_cursor) == ([], None)
