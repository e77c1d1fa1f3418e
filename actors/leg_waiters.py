"""Callers that wait for the end of a leg."""

import asyncio

from headrace.runtime.payments.batch import Batch
from headrace.runtime.payments.book import Book
from headrace.runtime.payments.open_leg import LegId


class LegWaiters:
    """Woken once the end of their leg is committed, or found in the ledger."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._waiting: dict[LegId, list[asyncio.Future[None]]] = {}

    def __len__(self) -> int:
        """Legs that are waited for."""
        return len(self._waiting)

    async def until_ended(self, opened_by: LegId, timeout_s: float) -> None:
        """Returns when the leg that a record opened, if any, is no longer open, or after the
        time-out."""
        if not self._book.under_way(opened_by):
            return
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(opened_by, []).append(waiter)
        await asyncio.wait([waiter], timeout=timeout_s)
        if not waiter.done() and (waiting := self._waiting.get(opened_by)):
            waiting.remove(waiter)
            if not waiting:
                del self._waiting[opened_by]

    def committed(self, batch: Batch) -> None:
        """Legs that the batch closed have ended."""
        if self._waiting:
            for leg in batch.legs_closed:
                self._wake((leg.partition, leg.seq))

    def loaded(self) -> None:
        """Memory was made anew: what is not open there has ended."""
        for opened_by in [leg for leg in self._waiting if not self._book.under_way(leg)]:
            self._wake(opened_by)

    def _wake(self, opened_by: LegId) -> None:
        for waiter in self._waiting.pop(opened_by, ()):
            if not waiter.done():
                waiter.set_result(None)
