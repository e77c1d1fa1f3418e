"""The first keys of a ledger: an operator's and those of the tenant `demo`.

They stand in the data directory's credentials.json, which the command line reads.
"""

from pathlib import Path

import asyncpg
import msgspec

from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.state import write_private
from headrace.runtime.database.connect import pool as connect
from headrace.runtime.identity import keys, tenants
from headrace.runtime.identity.keys import KeyEnded, Role
from headrace.runtime.settings import Settings

FILE = "credentials.json"
TENANT = "demo"


class Credentials(msgspec.Struct, kw_only=True):
    """Where the platform of a data directory answers, and the keys made at its first start."""

    url: str
    operator_key: str
    tenant: str
    api_key: str


def read(data_dir: Path) -> Credentials | None:
    """None before the first start. PlatformError when the file holds something else."""
    path = data_dir / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Credentials)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise PlatformError(
            f"{path} holds no keys of a platform ({error}): put the right file back, or move this "
            "one away and new keys are made"
        ) from error


async def ensure(settings: Settings, data_dir: Path, url: str) -> Credentials:
    """The keys made before if the ledger knows them, else new ones; the ledger is migrated."""
    found = read(data_dir)
    pool = await connect(settings.ledger, 1, "headrace up")
    try:
        if found is None or not await _known(pool, found):
            found = await _make(pool)
    finally:
        await pool.close()
    found.url = url
    write_private(data_dir / FILE, msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    return found


async def _known(pool: asyncpg.Pool, found: Credentials) -> bool:
    """Whether the ledger is the one that these keys were made for, and they still count."""
    try:
        return all([await keys.authenticate(pool, k) for k in (found.operator_key, found.api_key)])
    except KeyEnded:
        return False


async def _make(pool: asyncpg.Pool) -> Credentials:
    operator = await keys.create(pool, None, Role.OPERATOR, label="headrace up")
    tenant = await tenants.find(pool, TENANT)
    if tenant is None:
        _, key = await tenants.create(pool, TENANT)
    else:
        key = await keys.create(pool, tenant.number, Role.ADMINISTRATOR, label="headrace up")
    return Credentials(
        url="", operator_key=operator.api_key or "", tenant=TENANT, api_key=key.api_key or ""
    )
