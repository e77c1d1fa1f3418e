"""Tenants: whose accounts, payments and keys something is."""

import re

import asyncpg
from msgspec import Struct

from headrace.runtime.clock import iso
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load
from headrace.runtime.identity import keys
from headrace.runtime.identity.keys import ApiKey

_SQL = load("headrace.runtime.identity", "tenants")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
"""A tenant's name travels in the header Headrace-Tenant and in file names."""


class Tenant(Struct, frozen=True):
    """`number` is the ledger's own; people and the API use the name."""

    number: int
    name: str
    created_at: str


class TenantExists(Exception):
    """The name is taken; an error's only argument is the name."""


async def create(pool: asyncpg.Pool, name: str) -> tuple[Tenant, ApiKey]:
    """A tenant and its first key, an administrator's. ValueError for a name of another form."""
    if not NAME.fullmatch(name):
        raise ValueError(
            "a name has 1 to 63 letters, digits, dots, hyphens and underscores,"
            " and begins with a letter or digit"
        )
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(_SQL["insert"], name)
        if row is None:
            raise TenantExists(name)
        tenant = _told(row)
        return tenant, await keys.create(connection, tenant.number, keys.Role.ADMINISTRATOR)


async def list_tenants(database: Database) -> list[Tenant]:
    """All, in the order in which they came."""
    return [_told(row) for row in await database.fetch(_SQL["all"])]


async def find(database: Database, name: str) -> Tenant | None:
    """The tenant of that name."""
    row = await database.fetchrow(_SQL["by_name"], name)
    return _told(row) if row else None


def _told(row: asyncpg.Record) -> Tenant:
    return Tenant(row["number"], row["name"], iso(row["created_at"]))
