"""A batch's items: which can be decided, and the answers to all in their order."""

from collections.abc import Iterator

from headrace.loadtests.baseline.bodies import BatchItem
from headrace.loadtests.baseline.deciding import Refused
from headrace.loadtests.baseline.orders import Order, Paid, fingerprint, order
from headrace.runtime.refusals import Refusal

Answer = Paid | Refused


class Plan:
    """`orders` are decided in their order; `refused` would be, were their keys not known."""

    def __init__(self, items: list[BatchItem], numbers: dict[str, int]) -> None:
        self.orders: list[Order] = []
        self.refused: dict[str, int] = {}
        """Key -> fingerprint."""
        self.answers: dict[str, Answer] = {}
        self._items = items
        self._repeated: set[int] = set()
        seen: set[str] = set()
        for place, item in enumerate(items):
            key = item.idempotency_key
            if key in seen:
                self._repeated.add(place)
                continue
            seen.add(key)
            try:
                self.orders.append(order(item, key, numbers))
            except Refused as refused:
                self.answers[key] = refused
                self.refused[key] = fingerprint(item)

    def results(self) -> Iterator[tuple[str, Answer]]:
        """Key and answer of every item."""
        for place, item in enumerate(self._items):
            key = item.idempotency_key
            if place in self._repeated:
                yield key, _REPEATED
            else:
                yield key, self.answers[key]


_REPEATED = Refused(Refusal.DUPLICATE_KEY_IN_BATCH, "idempotency_key")


def accounts_of(orders: list[Order]) -> list[int]:
    """Numbers of all accounts, each once."""
    return list({o.debtor for o in orders} | {o.creditor for o in orders})
