"""All reading of the ledger that gateways do."""

import asyncpg
from msgspec.structs import replace

from headrace.runtime.keys.master_key import MasterKey
from headrace.runtime.keys.tokens import Tokens, passing
from headrace.runtime.ledger import read_payment_lists
from headrace.runtime.ledger.account_names import AccountNames
from headrace.runtime.ledger.read_accounts import AccountReader
from headrace.runtime.ledger.read_events import EventReader
from headrace.runtime.ledger.read_payment_lists import Filter
from headrace.runtime.ledger.read_payments import PaymentReader
from headrace.runtime.ledger.texts import Texts
from headrace.runtime.ledger.views import Page, PaymentView
from headrace.runtime.payments.metadata import pairs_of
from headrace.runtime.settings.ledger import SETTLED_AFTER_S


class Reader(PaymentReader, AccountReader, EventReader):
    """Reads what is committed, on a pool whose statements have a time-out.

    Raises asyncpg.QueryCanceledError when a statement took too long.
    """

    def __init__(
        self, pool: asyncpg.Pool, master: MasterKey | None = None, tokens: Tokens | None = None,
        settled_after_s: float = SETTLED_AFTER_S,
    ) -> None:  # fmt: skip
        """`master`: without it personal text is not told. `tokens`: without the ledger's own, ids
        and cursors are good for this reader only."""
        AccountReader.__init__(
            self, pool, AccountNames(pool), Texts(pool, master), tokens or passing(),
            settled_after_s,
        )  # fmt: skip
        self.tenants = {}
        self._pairs = None if master is None else master.pairs

    async def payments(
        self, tenant: int, chosen: Filter, cursor: str | None = None, limit: int = 100,
        metadata: str | None = None,
    ) -> Page[PaymentView]:  # fmt: skip
        """Payments that a filter lets through, newest first; of those with a pair of `metadata`,
        written `name=value`, the ones whose texts can be read. Raises InvalidCursor.

        A page can be short, or even empty, and yet have a next one: see read_payment_lists.
        """
        if metadata is not None:
            if self._pairs is None:
                return Page([], None)
            chosen = replace(chosen, pair=self._pairs.of(tenant, metadata))
        found, following = await read_payment_lists.payments(
            self.pool, self.cursors, tenant, chosen, cursor, limit
        )
        views = await self.payment_views(tenant, found)
        if metadata is not None:
            views = [view for view in views if metadata in pairs_of(view.metadata)]
        return Page(views, following)
