"""Tenants on a real PostgreSQL."""

import pytest
import pytest_asyncio

from headrace.runtime.database.connect import pool
from headrace.runtime.identity import tenants


@pytest_asyncio.fixture
async def database(settings):
    async with await pool(settings.ledger) as opened:
        yield opened


async def test_tenants_are_found_by_name_and_listed_as_they_came(database):
    made = [(await tenants.create(database, name))[0] for name in ("zebra", "acme", "B-2.x_y")]
    assert await tenants.list_tenants(database) == made
    assert await tenants.find(database, "acme") == made[1]
    assert await tenants.find(database, "ACME") is None


async def test_a_name_is_given_once(database):
    await tenants.create(database, "acme")
    with pytest.raises(tenants.TenantExists, match="acme"):
        await tenants.create(database, "acme")
    assert await database.fetchval("SELECT count(*) FROM api_keys") == 1


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "a" * 64, "ä", "a\n", "a/b"])
async def test_names_of_another_form_are_refused(database, name):
    with pytest.raises(ValueError, match="1 to 63"):
        await tenants.create(database, name)
    assert await tenants.list_tenants(database) == []
