"""API keys on a real PostgreSQL."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from headrace.runtime.database.connect import pool
from headrace.runtime.identity import keys, tenants
from headrace.runtime.identity.keys import KeyEnded, Role

SOON, PAST = timedelta(hours=1), timedelta(hours=-1)


@pytest_asyncio.fixture
async def database(settings):
    async with await pool(settings.ledger) as opened:
        yield opened


@pytest_asyncio.fixture
async def acme(database):
    return await tenants.create(database, "acme")


async def ended(database, token: str) -> KeyEnded:
    with pytest.raises(KeyEnded) as caught:
        await keys.authenticate(database, token)
    return caught.value


async def test_the_first_key_of_a_tenant_is_an_administrators(database, acme):
    tenant, key = acme
    identity = await keys.authenticate(database, key.api_key)
    assert (identity.tenant, identity.tenant_name) == (tenant.number, "acme")
    assert (identity.role, identity.key_id) == (Role.ADMINISTRATOR, key.id)


async def test_an_operators_key_belongs_to_no_tenant(database):
    key = await keys.create(database, None, Role.OPERATOR)
    identity = await keys.authenticate(database, key.api_key)
    assert (identity.tenant, identity.tenant_name, identity.role) == (None, None, Role.OPERATOR)
    with pytest.raises(ValueError, match="no tenant"):
        await keys.create(database, 1, Role.OPERATOR)
    with pytest.raises(ValueError, match="no tenant"):
        await keys.create(database, None, Role.MEMBER)


@pytest.mark.parametrize(
    "token", ["", "hr_", "hr_" + "x" * 43, "x" * 46, "hr_" + "x" * 10_000, "hr_" + "é" * 43, "\0"]
)
async def test_a_forged_token_is_nobodys(database, acme, token):
    assert await keys.authenticate(database, token) is None


async def test_nothing_at_rest_gives_a_key_back(database, acme):
    _, key = acme
    kept = await database.fetchval("SELECT to_jsonb(k)::text FROM api_keys k")
    assert key.api_key[3:] not in kept
    assert all(k.api_key is None for k in await keys.list_keys(database, acme[0].number))


async def test_an_expired_key_is_told_so(database, acme):
    key = await keys.create(
        database, acme[0].number, Role.MEMBER, expires_at=datetime.now(UTC) + PAST
    )
    assert not (await ended(database, key.api_key)).revoked


async def test_a_revoked_key_is_told_so_and_revoking_again_is_no_error(database, acme):
    tenant, key = acme
    assert await keys.revoke(database, tenant.number, key.id)
    (first,) = await keys.list_keys(database, tenant.number)
    assert await keys.revoke(database, tenant.number, key.id)
    assert (await ended(database, key.api_key)).revoked
    assert await keys.list_keys(database, tenant.number) == [first]


async def test_rotation_with_grace_leaves_both_keys_good(database, acme):
    tenant, old = acme
    new = await keys.rotate(database, tenant.number, old.id, grace_s=60)
    assert (new.role, new.label, new.expires_at) == (old.role, old.label, None)
    assert new.id != old.id
    assert (await keys.authenticate(database, old.api_key)).expires_at is not None
    assert (await keys.authenticate(database, new.api_key)).expires_at is None


async def test_rotation_without_grace_ends_the_old_key(database, acme):
    tenant, old = acme
    new = await keys.rotate(database, tenant.number, old.id)
    await ended(database, old.api_key)
    assert await keys.authenticate(database, new.api_key)
    assert await keys.rotate(database, tenant.number, old.id) is None


async def test_rotation_keeps_the_length_of_life_and_never_lengthens_the_old_one(database, acme):
    tenant, _ = acme
    old = await keys.create(
        database, tenant.number, Role.MEMBER, label="till", expires_at=datetime.now(UTC) + SOON
    )
    new = await keys.rotate(database, tenant.number, old.id, grace_s=7 * 24 * 3600)
    assert new.label == "till"
    life = datetime.fromisoformat(new.expires_at) - datetime.fromisoformat(new.created_at)
    assert abs(life - SOON) < timedelta(seconds=5)
    (same,) = [k for k in await keys.list_keys(database, tenant.number) if k.id == old.id]
    assert same.expires_at == old.expires_at


async def test_of_two_rotations_at_once_one_wins(database, acme):
    tenant, old = acme
    made = await asyncio.gather(*(keys.rotate(database, tenant.number, old.id) for _ in range(2)))
    assert sum(key is not None for key in made) == 1


async def test_another_tenants_keys_are_out_of_reach(database, acme):
    _, key = acme
    other, _ = await tenants.create(database, "other")
    for stranger in (other.number, None):
        assert await keys.rotate(database, stranger, key.id) is None
        assert not await keys.revoke(database, stranger, key.id)
        assert key.id not in [k.id for k in await keys.list_keys(database, stranger)]
    assert await keys.authenticate(database, key.api_key)


@pytest.mark.parametrize("key_id", ["", "x", "0", "00000000-0000-7000-8000-000000000000"])
async def test_an_unknown_key_is_neither_rotated_nor_revoked(database, acme, key_id):
    assert await keys.rotate(database, acme[0].number, key_id) is None
    assert not await keys.revoke(database, acme[0].number, key_id)
