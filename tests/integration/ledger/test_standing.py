"""What keys were used for, and how the payments that they made stand now."""

import pytest

from headrace.runtime.identity import tenants
from headrace.runtime.journal.kinds import FIRST_KINDS
from headrace.runtime.ledger import standing
from headrace.runtime.ledger.read import Reader
from headrace.runtime.payments.answer import Done


@pytest.fixture
def reader(database):
    return Reader(database)


async def test_keys_that_made_payments_are_told_as_these_stand_now(database, reader, books, scene):
    records = {r.key: r for r in books.records if r.key}
    uses = await standing.uses(database, books.tenant, [*records, "unused"])
    assert set(uses) == set(records)
    seen = set()
    for key, use in uses.items():
        first = records[key]
        assert isinstance(use.told, Done)
        assert use.fingerprint == first.fingerprint
        assert (use.told.partition, use.told.seq, use.told.at) == (
            first.partition, first.seq, first.at,
        )  # fmt: skip
        assert use.made == (first.kind in FIRST_KINDS)
        if use.made:
            view = await reader.payment(books.tenant, first.payment)
            state, reason = standing.S(use.told.state), use.told.reason
            assert state.name.lower() == view.status
            assert (reason != 0) == (view.decline_reason is not None)
            seen.add(view.status)
    assert seen >= {
        "settled", "refunded", "partially_refunded", "returned", "captured", "cancelled",
        "declined", "in_review", "authorized",
    }  # fmt: skip


async def test_another_tenant_learns_nothing(database, books, scene):
    stranger = (await tenants.create(database, "stranger"))[0].number
    assert await standing.uses(database, stranger, ["key-1", "key-2"]) == {}
