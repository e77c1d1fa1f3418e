"""Who is asking: a bearer key, looked up once in a while.

What a key may do is believed for `key_cache_s`; its end is watched to the second. Many requests
with one key that is not cached share one look-up.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

from asyncpg import Pool
from msgspec import Struct

from headrace.runtime.identity import keys, tenants
from headrace.runtime.identity.keys import Identity, Role
from headrace.runtime.refusals import Refusal
from headrace.runtime.settings.gateway import GatewaySettings
from headrace.serve.http.admission import Bound
from headrace.serve.http.caller import Caller
from headrace.serve.http.problems import Problem


class _Known(Struct, frozen=True):
    """A caller, or why there is none (a refusal, a detail and a field), believed `until` then."""

    until: float
    expires_at: float
    caller: Caller | None
    refused: tuple[Refusal, str, str] = (Refusal.UNAUTHENTICATED, "", "")


class Authentication:
    """One gateway's view of the API keys."""

    def __init__(
        self,
        pool: Pool,
        settings: GatewaySettings,
        reads: Bound,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool = pool
        self._cache_s = settings.key_cache_s
        self._cached_max = settings.cached_keys_max
        self._reads = reads
        self._now = now
        self._known: dict[tuple[bytes, bytes], _Known] = {}
        self._asking: dict[tuple[bytes, bytes], asyncio.Task[_Known]] = {}

    async def caller(self, headers: dict[bytes, bytes]) -> Caller:
        """Raises Problem(UNAUTHENTICATED, KEY_EXPIRED, FORBIDDEN)."""
        asked = (headers.get(b"authorization", b""), headers.get(b"headrace-tenant", b""))
        known = self._known.get(asked)
        if known is None or known.until < monotonic():
            known = await self._ask(asked)
        if known.expires_at and known.expires_at <= self._now().timestamp():
            raise Problem(Refusal.KEY_EXPIRED)
        if known.caller is None:
            raise Problem(*known.refused)
        return known.caller

    async def _ask(self, asked: tuple[bytes, bytes]) -> _Known:
        task = self._asking.get(asked)
        if task is None:
            task = asyncio.create_task(self._look_up(*asked))
            self._asking[asked] = task
            task.add_done_callback(lambda done: self._asked(asked, done))
        return await asyncio.shield(task)

    def _asked(self, asked: tuple[bytes, bytes], done: asyncio.Task[_Known]) -> None:
        del self._asking[asked]
        if done.cancelled() or done.exception():
            return
        if len(self._known) >= self._cached_max:
            self._known.clear()
        self._known[asked] = done.result()

    async def _look_up(self, authorization: bytes, tenant: bytes) -> _Known:
        until = monotonic() + self._cache_s
        scheme, _, token = authorization.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return _Known(until, 0, None)
        with self._reads:
            try:
                identity = await keys.authenticate(self._pool, token.strip())
            except keys.KeyEnded as ended:
                refusal = Refusal.UNAUTHENTICATED if ended.revoked else Refusal.KEY_EXPIRED
                return _Known(until, 0, None, (refusal, "", ""))
            if identity is None:
                return _Known(until, 0, None)
            expires_at = identity.expires_at.timestamp() if identity.expires_at else 0.0
            return await self._acting(until, expires_at, identity, tenant.decode("latin-1"))

    async def _acting(
        self, until: float, expires_at: float, identity: Identity, name: str
    ) -> _Known:
        """An operator acts for the tenant that the header names; everyone else for their own."""
        number, tenant_name = identity.tenant, identity.tenant_name
        if name and name != tenant_name:
            forbidden = (
                Refusal.FORBIDDEN,
                "no tenant that this key may act for",
                "Headrace-Tenant",
            )
            if identity.role is not Role.OPERATOR:
                return _Known(until, expires_at, None, forbidden)
            tenant = await tenants.find(self._pool, name)
            if tenant is None:
                return _Known(until, expires_at, None, forbidden)
            number, tenant_name = tenant.number, tenant.name
        key_id = UUID(identity.key_id).bytes
        return _Known(until, expires_at, Caller(identity.role, number, tenant_name, key_id))
