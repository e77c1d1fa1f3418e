"""Reading payments from a ledger with one of everything."""

from uuid import uuid4

import pytest
import pytest_asyncio

from headrace.runtime.clock import from_us, iso
from headrace.runtime.identity import tenants
from headrace.runtime.ids import text
from headrace.runtime.journal.kinds import RecordKind
from headrace.runtime.journal.states import PaymentState
from headrace.runtime.keys import master_key
from headrace.runtime.ledger.read import Reader

S, K = PaymentState, RecordKind


@pytest.fixture
def reader(database, settings):
    return Reader(database, master_key.read(settings.keys.master_key_file))


@pytest_asyncio.fixture
async def stranger(database):
    return (await tenants.create(database, "stranger"))[0].number


async def test_a_payment_is_told_whole(reader, books, scene):
    first = next(r for r in books.records if r.payment == scene.payments["settled"])
    found = await reader.payment(books.tenant, scene.payments["settled"])
    assert found.id == text(scene.payments["settled"])
    assert (found.status, found.capture) == ("settled", "automatic")
    assert (found.debtor, found.creditor) == (scene.anna, scene.shop)
    assert (found.amount, found.currency) == (100, "EUR")
    assert (found.description, found.metadata) == ("Grüße", {"a": "1"})
    assert (found.reference, found.idempotency_key) == ("ref-1", first.key)
    assert (found.risk.outcome, found.risk.score, found.risk.model) == ("accept", 42, 3)
    assert found.risk.reasons == ["amount_above_habit", "high_velocity"]
    assert not found.risk_degraded
    assert found.created_at == found.updated_at == found.occurred_at == iso(from_us(first.at))
    assert found.expires_at is None
    assert found.movements == []


async def test_every_payment_has_the_figures_that_the_sql_view_gives(
    reader, books, scene, database
):
    rows = {row["id"].bytes: row for row in await database.fetch("SELECT * FROM payments")}
    assert len(rows) == len(scene.payments)
    for payment, row in rows.items():
        found = await reader.payment(books.tenant, payment)
        for name in (
            "status", "decline_reason", "debtor", "creditor", "amount", "currency", "capture",
            "held_amount", "captured_amount", "refunded_amount", "idempotency_key", "reference",
        ):  # fmt: skip
            assert getattr(found, name) == row[name], (found, name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("captured", [("capture", 300, "settled"), ("capture", 400, "settled")]),
        ("capturing", [("capture", 300, "settled"), ("capture", 500, "pending")]),
        ("refunded", [("refund", 200, "settled"), ("refund", 500, "settled")]),
        ("refunding", [("refund", 100, "declined"), ("refund", 100, "pending")]),
        ("accepted", []),
    ],
)
async def test_captures_and_refunds_are_told_with_what_became_of_them(
    reader, books, scene, name, told
):
    found = await reader.payment(books.tenant, scene.payments[name])
    assert [(m.kind, m.amount, m.status) for m in found.movements] == told
    assert [m.id for m in found.movements] == [f"{found.id}:{n + 1}" for n in range(len(told))]


async def test_what_may_be_refunded_leaves_out_what_is_under_way(reader, books, scene):
    refundable = {
        name: (await reader.payment(books.tenant, scene.payments[name])).refundable_amount
        for name in ("settled", "debited", "capturing", "refunded", "refunding")
    }
    assert refundable == {
        "settled": 100, "debited": 0, "capturing": 300, "refunded": 0, "refunding": 700,
    }  # fmt: skip


async def test_a_payment_as_it_stood_at_each_of_its_records(reader, books, scene):
    payment = scene.payments["captured"]
    records = [r for r in books.records if r.payment == payment]
    stood = [await reader.payment(books.tenant, payment, (r.partition, r.seq)) for r in records]
    assert [(p.status, p.held_amount, p.captured_amount) for p in stood] == [
        ("authorized", 1_000, 0),
        ("partially_captured", 700, 300),
        ("partially_captured", 400, 300),  # what the final capture leaves is released before it
        ("settled", 0, 700),
    ]
    assert stood[-1] == await reader.payment(books.tenant, payment)
    with pytest.raises(ValueError, match="home"):
        await reader.payment(books.tenant, payment, (records[0].partition + 1, 1))
    assert await reader.payment(books.tenant, payment, (records[0].partition, 0)) is None


async def test_a_cancelled_hold_is_not_told_before_it_was_cancelled(reader, books, scene):
    payment = scene.payments["cancelled"]
    first = next(r for r in books.records if r.payment == payment)
    found = await reader.payment(books.tenant, payment, (first.partition, first.seq))
    assert (found.status, found.held_amount) == ("authorized", 630)


async def test_the_timeline_is_the_records_of_its_home(reader, books, scene):
    entries = await reader.timeline(books.tenant, scene.payments["refunding"])
    assert [(e.kind, e.status, e.movement, e.decline_reason) for e in entries] == [
        ("settled", "settled", None, None),
        ("refund_requested", "settled", 1, None),
        ("refund_declined", "settled", 1, "insufficient_funds"),
        ("refund_requested", "settled", 2, None),
    ]
    assert [e.at for e in entries] == sorted(e.at for e in entries)


async def test_a_key_leads_to_what_it_was_used_for(reader, books, scene):
    used = [r for r in books.records if r.key]
    kinds = set()
    for r in used:
        operation = await reader.operation(books.tenant, r.key)
        kinds.add(operation.kind)
        assert (operation.partition, operation.seq) == (r.partition, r.seq)
        assert (operation.amount, operation.fingerprint) == (r.amount, r.fingerprint)
        assert operation.payment == (r.payment if any(r.payment) else b"")
    assert kinds == {"payment", "capture", "refund", "deposit", "withdrawal"}
    deposit = await reader.operation(books.tenant, used[0].key)
    assert (deposit.account, deposit.posted) == (scene.anna, 1_000_000)
    assert await reader.operation(books.tenant, "unused") is None


async def test_a_payment_is_found_by_its_own_key_and_not_by_its_captures(reader, books, scene):
    first, captured, *_ = [r for r in books.records if r.payment == scene.payments["captured"]]
    assert (await reader.payment_by_key(books.tenant, first.key)).id == text(first.payment)
    assert await reader.payment_by_key(books.tenant, captured.key) is None


async def test_another_tenant_sees_nothing(reader, books, scene, stranger):
    for payment in scene.payments.values():
        assert await reader.payment(stranger, payment) is None
        assert await reader.timeline(stranger, payment) == []
    assert await reader.operation(stranger, "key-1") is None
    assert await reader.payment(books.tenant, uuid4().bytes) is None
