"""Lists of payments: every filter, every page, nothing twice and nothing left out."""

import pytest
import pytest_asyncio
from support.books_written import write

from headrace.runtime.clock import from_us
from headrace.runtime.identity import tenants
from headrace.runtime.ids import text
from headrace.runtime.journal.kinds import FIRST_KINDS
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.ledger import read_payment_lists
from headrace.runtime.ledger.cursors import InvalidCursor
from headrace.runtime.ledger.read import Reader
from headrace.runtime.ledger.read_payment_lists import Filter

S = PaymentState


@pytest.fixture
def reader(database):
    return Reader(database)


@pytest_asyncio.fixture
async def many(books, scene):
    """Enough payments for several stretches, of which few are Bea's."""
    bea = books.name(4)
    books.deposit(bea, 10_000)
    for n in range(600):
        books.pay(scene.anna, scene.kiosk if n % 3 else scene.shop, 1, reference=f"r{n % 7}")
        if n % 100 == 50:
            books.pay(bea, scene.shop, 2)
    await write(books)
    return bea


async def all_pages(reader, tenant, chosen, limit):
    listed, cursor, pages = [], None, 0
    while True:
        page = await reader.payments(tenant, chosen, cursor, limit)
        assert len(page.items) <= limit
        listed += page.items
        pages += 1
        cursor = page.next_cursor
        if cursor is None:
            return listed
        assert pages < 1_000


async def expected(reader, books, wanted):
    """Ids, newest first, of those whose view `wanted` lets through."""
    first = [r.payment for r in books.records if r.kind in FIRST_KINDS]
    found = [await reader.payment(books.tenant, payment) for payment in reversed(first)]
    return [view.id for view in found if wanted(view)]


FILTERS = [
    ({}, lambda p, s: True),
    ({"debtor": "anna"}, lambda p, s: p.debtor == s.anna),
    ({"debtor": "anna", "status": S.DECLINED},
     lambda p, s: p.debtor == s.anna and p.status == "declined"),
    ({"debtor": "anna", "creditor": "shop"},
     lambda p, s: (p.debtor, p.creditor) == (s.anna, s.shop)),
    ({"creditor": "shop"}, lambda p, s: p.creditor == s.shop),
    ({"creditor": "kiosk", "status": S.DECLINED},
     lambda p, s: p.creditor == s.kiosk and p.status == "declined"),
    ({"status": S.IN_REVIEW}, lambda p, s: p.status == "in_review"),
    ({"status": S.AUTHORIZED}, lambda p, s: p.status == "authorized"),
    ({"reference": "ref-1"}, lambda p, s: p.reference == "ref-1"),
    ({"reference": "ref-1", "creditor": "kiosk"},
     lambda p, s: p.reference == "ref-1" and p.creditor == s.kiosk),
    ({"reference": "nothing"}, lambda p, s: False),
]  # fmt: skip


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize(("chosen", "wanted"), FILTERS)
async def test_a_filter_lists_what_it_says_newest_first(
    reader, books, scene, chosen, wanted, limit
):
    named = {k: getattr(scene, v) if k in ("debtor", "creditor") else v for k, v in chosen.items()}
    listed = await all_pages(reader, books.tenant, Filter(**named), limit)
    assert [p.id for p in listed] == await expected(reader, books, lambda p: wanted(p, scene))


@pytest.mark.parametrize("limit", [1, 3, 100])
@pytest.mark.parametrize("status", [S.SETTLED, S.REFUNDED])
async def test_what_has_arrived_at_a_creditor_stands_in_the_order_of_arrival(
    reader, books, scene, limit, status
):
    for creditor in (scene.shop, scene.kiosk):
        chosen = Filter(creditor=creditor, status=status)
        listed = await all_pages(reader, books.tenant, chosen, limit)
        wanted = await expected(
            reader, books, lambda p, c=creditor: (p.creditor, p.status) == (c, status.name.lower())
        )
        assert sorted(p.id for p in listed) == sorted(wanted)
        assert len(wanted) > 0 or creditor == scene.kiosk


async def test_few_of_many_are_found_over_several_stretches(reader, books, scene, many):
    listed = await all_pages(reader, books.tenant, Filter(status=S.DECLINED), 4)
    assert {p.id for p in listed} == {
        text(scene.payments["declined"]), text(scene.payments["rejected"]),
    }  # fmt: skip
    everything = await all_pages(reader, books.tenant, Filter(), 97)
    assert len({p.id for p in everything}) == len(everything) == 606 + len(scene.payments)
    assert len(await all_pages(reader, books.tenant, Filter(debtor=many), 4)) == 6
    by_reference = await all_pages(reader, books.tenant, Filter(reference="r3"), 10)
    assert len({p.id for p in by_reference}) == len(by_reference) == 86


async def test_a_used_up_budget_makes_short_pages_and_loses_nothing(
    reader, books, scene, many, monkeypatch
):
    monkeypatch.setattr(read_payment_lists, "ROWS_MAX", 100)
    page = await reader.payments(books.tenant, Filter(status=S.IN_REVIEW, debtor=scene.anna))
    assert page.items == []
    assert page.next_cursor
    listed = await all_pages(
        reader, books.tenant, Filter(status=S.IN_REVIEW, debtor=scene.anna), 100
    )
    assert [p.id for p in listed] == [text(scene.payments["in_review"])]


async def test_a_payment_with_more_records_than_a_stretch_has_rows_stops_nothing(
    reader, books, scene
):
    long = books.hold(scene.anna, scene.shop, 1_000)
    for leg in range(1, 400):
        books.capture(long, leg, 1, S.PARTIALLY_CAPTURED)
    newest = books.pay(scene.anna, scene.shop, 1)
    await write(books)
    listed = await all_pages(reader, books.tenant, Filter(), 5)
    assert [p.id for p in listed][:2] == [text(newest), text(long)]
    assert len(listed) == len(scene.payments) + 2
    settled = await all_pages(
        reader, books.tenant, Filter(creditor=scene.shop, status=S.SETTLED), 5
    )
    assert len({p.id for p in settled}) == len(settled)


@pytest.mark.parametrize("others", [{}, {"debtor": "anna"}, {"creditor": "shop"}])
async def test_the_time_of_creation_bounds_a_list(reader, books, scene, others):
    first = [r for r in books.records if r.kind in FIRST_KINDS]
    since, until = first[3].at, first[9].at
    named = {k: getattr(scene, v) for k, v in others.items()}
    chosen = Filter(created_from=from_us(since), created_to=from_us(until), **named)
    listed = await all_pages(reader, books.tenant, chosen, 2)
    numbers = {k: books.numbers[v] for k, v in named.items()}
    assert [p.id for p in listed] == [
        text(r.payment)
        for r in reversed(first)
        if since <= r.at < until
        and r.debit == numbers.get("debtor", r.debit)
        and r.creditor == numbers.get("creditor", r.creditor)
    ]
    assert len(listed) > 0


async def test_new_payments_do_not_disturb_a_list_being_paged(reader, books, scene):
    chosen = Filter(debtor=scene.anna)
    before = await all_pages(reader, books.tenant, chosen, 100)
    page = await reader.payments(books.tenant, chosen, None, 5)
    books.pay(scene.anna, scene.shop, 1)
    await write(books)
    rest = await reader.payments(books.tenant, chosen, page.next_cursor, 100)
    assert [p.id for p in page.items + rest.items] == [p.id for p in before]


async def test_unknown_accounts_and_other_tenants_have_empty_lists(reader, books, scene, database):
    stranger = (await tenants.create(database, "stranger"))[0].number
    assert (await reader.payments(books.tenant, Filter(debtor="nobody"))).items == []
    for chosen in (
        Filter(), Filter(debtor=scene.anna), Filter(creditor=scene.shop, status=S.SETTLED),
        Filter(reference="ref-1"), Filter(status=S.IN_REVIEW),
    ):  # fmt: skip
        page = await reader.payments(stranger, chosen)
        assert (page.items, page.next_cursor) == ([], None)


@pytest.mark.parametrize(
    "cursor", ["x", "é", "====", "bmV3ZXN0L3h4", "bmV3ZXN0Lw", "AAAA", "a" * 999]
)
async def test_a_forged_cursor_is_refused(reader, books, scene, cursor):
    with pytest.raises(InvalidCursor):
        await reader.payments(books.tenant, Filter(), cursor)


async def test_a_cursor_of_another_list_is_refused(reader, books, scene):
    page = await reader.payments(books.tenant, Filter(debtor=scene.anna), None, 1)
    with pytest.raises(InvalidCursor):
        await reader.payments(books.tenant, Filter(), page.next_cursor)
