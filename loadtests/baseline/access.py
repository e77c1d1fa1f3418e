"""API keys: kept as SHA-256, and remembered for some seconds as the gateway does."""

from time import monotonic

from asyncpg import Pool

from headrace.loadtests.baseline.accounts import SQL
from headrace.loadtests.baseline.deciding import Refused
from headrace.runtime.identity.keys import digest
from headrace.runtime.refusals import Refusal

KEY_CACHE_S = 5.0
KNOWN_MAX = 10_000


class Access:
    """One worker's view of the keys."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[str, tuple[float, int]] = {}

    async def tenant(self, authorization: str) -> int:
        """Of the header's bearer key; raises Refused."""
        until, tenant = self._known.get(authorization, (0.0, 0))
        if until < monotonic():
            tenant = await self._look_up(authorization)
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[authorization] = (monotonic() + KEY_CACHE_S, tenant)
        if not tenant:
            raise Refused(Refusal.UNAUTHENTICATED, "Authorization")
        return tenant

    async def _look_up(self, authorization: str) -> int:
        """0: nobody's."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return 0
        return int(await self._pool.fetchval(SQL["tenant_of_key"], digest(token.strip())) or 0)
