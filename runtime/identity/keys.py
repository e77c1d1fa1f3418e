"""API keys: who a bearer token speaks for.

A key is shown once, when it is made; at rest there is only its SHA-256, which is also how it is
looked up, so that no comparison depends on a secret's characters. Everything that needs to know who
is asking goes through `authenticate`.
"""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from secrets import token_urlsafe

import uuid_utils
from asyncpg import Record
from msgspec import Struct

from headrace.runtime.clock import iso
from headrace.runtime.database.connect import Database
from headrace.runtime.database.sql_by_name import load

_SQL = load("headrace.runtime.identity", "keys")

_FORM = re.compile(r"hr_[A-Za-z0-9_-]{43}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Role(StrEnum):
    """What a key may do, from most to least."""

    OPERATOR = "operator"
    """The platform's: makes tenants, may act for any of them; belongs to none."""
    ADMINISTRATOR = "administrator"
    """Everything within its tenant."""
    MEMBER = "member"
    """Payments, events, reading and opening accounts within its tenant; no reviews."""


class Identity(Struct, frozen=True, kw_only=True):
    """Who is asking. `tenant` is None for an operator that acts for no tenant."""

    role: Role
    key_id: str
    tenant: int | None = None
    tenant_name: str | None = None
    expires_at: datetime | None = None


class ApiKey(Struct, frozen=True, kw_only=True):
    """What may be told about a key. `api_key`, the key itself, only of one just made."""

    id: str
    role: Role
    label: str
    created_at: str
    expires_at: str | None
    revoked_at: str | None = None
    api_key: str | None = None


class KeyEnded(Exception):
    """The token was good once."""

    def __init__(self, key_id: str, revoked: bool) -> None:
        super().__init__(key_id, revoked)
        self.key_id = key_id
        self.revoked = revoked

    def __str__(self) -> str:
        return f"API key {self.key_id} " + ("was revoked" if self.revoked else "has expired")


def digest(token: str) -> bytes:
    """What is kept of a key."""
    return sha256(token.encode()).digest()


async def authenticate(database: Database, token: str) -> Identity | None:
    """Who the token speaks for, None when it is nobody's; KeyEnded when it no longer counts."""
    if not _FORM.fullmatch(token):
        return None
    row = await database.fetchrow(_SQL["by_hash"], digest(token))
    if row is None:
        return None
    if row["revoked"] or row["expired"]:
        raise KeyEnded(str(row["id"]), row["revoked"])
    return Identity(
        role=Role(row["role"]),
        key_id=str(row["id"]),
        tenant=row["tenant"],
        tenant_name=row["name"],
        expires_at=row["expires_at"],
    )


async def create(
    database: Database,
    tenant: int | None,
    role: Role,
    *,
    label: str = "",
    expires_at: datetime | None = None,
) -> ApiKey:
    """A new key; the only time that it can be seen. An operator's has no tenant, all others one."""
    if (tenant is None) != (role is Role.OPERATOR):
        raise ValueError("an operator's key belongs to no tenant, every other key to one")
    token = _new_token()
    key = uuid_utils.uuid7()
    (row,) = await database.fetch(
        _SQL["insert"], key, tenant, role, digest(token), label, expires_at
    )
    return _told(row, token)


async def list_keys(database: Database, tenant: int | None) -> list[ApiKey]:
    """A tenant's keys (None: the operators'), newest first, ended ones too."""
    return [_told(row) for row in await database.fetch(_SQL["of_tenant"], tenant)]


async def rotate(
    database: Database, tenant: int | None, key_id: str, *, grace_s: float = 0
) -> ApiKey | None:
    """A key to follow another, which stays good for `grace_s` more; None when there is no such.

    The successor has the same role, label and, where it has an end, as long to live.
    """
    if not _UUID.fullmatch(key_id):
        return None
    token = _new_token()
    row = await database.fetchrow(
        _SQL["rotate"],
        key_id,
        tenant,
        timedelta(seconds=grace_s),
        uuid_utils.uuid7(),
        digest(token),
    )
    return _told(row, token) if row else None


async def revoke(database: Database, tenant: int | None, key_id: str) -> bool:
    """Ends a key at once; True also when it had ended before, False when there is no such key."""
    if not _UUID.fullmatch(key_id):
        return False
    return await database.fetchval(_SQL["revoke"], key_id, tenant) is not None


def _new_token() -> str:
    return "hr_" + token_urlsafe(32)


def _told(row: Record, token: str | None = None) -> ApiKey:
    return ApiKey(
        id=str(row["id"]),
        role=Role(row["role"]),
        label=row["label"],
        created_at=iso(row["created_at"]),
        expires_at=row["expires_at"] and iso(row["expires_at"]),
        revoked_at=row["revoked_at"] and iso(row["revoked_at"]),
        api_key=token,
    )
