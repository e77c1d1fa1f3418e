"""What the Ray cluster that we run in is called in the ledger, and what it keeps for its actors.

Ray's own names don't serve: they are made of a machine's local time, or tell nothing of which
cluster is newer. So the first to ask gives the cluster a name that begins with the database's time,
which all clusters on a ledger share, and Ray keeps it for as long as the cluster lives.
"""

import asyncio
from secrets import token_hex

from ray.experimental import internal_kv

from headrace.runtime.database.connect import connect
from headrace.runtime.settings.ledger import LedgerSettings

_NAMESPACE = b"headrace"
_NAME = b"cluster"
_FENCED = b"fenced/%d"
NOW = """SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS.US')"""


async def cluster_name(settings: LedgerSettings) -> str:
    """The same in every process of this Ray cluster; a newer cluster's sorts after it."""
    name: bytes | None = await asyncio.to_thread(
        internal_kv._internal_kv_get, _NAME, namespace=_NAMESPACE
    )
    if name is None:
        connection = await connect(settings, "headrace cluster name")
        try:
            new = f"{await connection.fetchval(NOW)}-{token_hex(4)}".encode()
        finally:
            connection.terminate()
        await asyncio.to_thread(
            internal_kv._internal_kv_put, _NAME, new, overwrite=False, namespace=_NAMESPACE
        )
        name = await asyncio.to_thread(internal_kv._internal_kv_get, _NAME, namespace=_NAMESPACE)
    if name is None:
        raise LookupError("Ray keeps no name of this cluster")
    return name.decode()


async def fenced(actor: int) -> bool:
    """Whether another cluster has taken this actor's partitions and it hasn't got them back: then
    neither its worker, started again, nor its successor takes them as a new platform does."""
    return await asyncio.to_thread(
        internal_kv._internal_kv_exists, _FENCED % actor, namespace=_NAMESPACE
    )


async def remember_fenced(actor: int, is_fenced: bool) -> None:
    """What `fenced` says from now on."""
    if is_fenced:
        await asyncio.to_thread(
            internal_kv._internal_kv_put, _FENCED % actor, b"1", namespace=_NAMESPACE
        )
    else:
        await asyncio.to_thread(internal_kv._internal_kv_del, _FENCED % actor, namespace=_NAMESPACE)
