"""Batches kept so that their answers can be read again."""

from uuid import uuid4

from headrace.runtime.identity import tenants
from headrace.runtime.ledger import batches


async def test_a_batch_is_read_as_it_was_saved_and_by_its_tenant_only(database, books):
    batch = uuid4()
    refusals = {1: {"code": "invalid_amount", "detail": 'a NUL: "\x00"'}}
    assert await batches.save(database, books.tenant, batch, ["a", "", "ü"], [1, 0, -5], refusals)
    found = await batches.find(database, books.tenant, batch)
    assert (found.id, found.keys, found.refusals) == (str(batch), ["a", "", "ü"], refusals)
    assert found.fingerprints == [1, 0, -5]
    stranger = (await tenants.create(database, "stranger"))[0].number
    assert await batches.find(database, stranger, batch) is None


async def test_the_first_with_an_id_stays(database, books):
    batch = batches.named(books.tenant, "monday")
    assert await batches.save(database, books.tenant, batch, ["a"], [1], {})
    assert not await batches.save(database, books.tenant, batch, ["b"], [1], {})
    assert (await batches.find(database, books.tenant, batch)).keys == ["a"]


async def test_items_are_compared_by_keys_and_by_what_they_ask_for(database, books):
    batch = batches.named(books.tenant, "monday")
    await batches.save(database, books.tenant, batch, ["a", "b"], [1, 2], {})
    found = await batches.find(database, books.tenant, batch)
    assert found.asked(["a", "b"], [1, 2])
    assert not found.asked(["a", "b"], [1, 3])
    assert not found.asked(["a", "c"], [1, 2])


def test_a_name_leads_to_one_id_a_tenant():
    assert batches.named(1, "monday") == batches.named(1, "monday")
    assert len({batches.named(t, k) for t in (1, 2) for k in ("monday", "tuesday")}) == 4
    assert batches.named(1, "monday").version == 8
    assert batches.named(1, "monday").variant == "specified in RFC 4122"
