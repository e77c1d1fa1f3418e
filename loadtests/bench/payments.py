"""The bench's payments as requests: among many accounts, or nine of ten to one merchant."""

from collections.abc import Iterator
from random import Random
from typing import Any

import orjson

from headrace.loadtests.bench.http_load import request

CUSTOMERS, MERCHANTS = 2_000, 500
HOT_SHARE = 0.9
OPENING_DEPOSIT = 10**12


def accounts() -> list[dict[str, object]]:
    """To be opened before: customers with money, merchants without."""
    opened: list[dict[str, object]] = [
        {"id": f"bench-customer-{n}", "currency": "EUR", "opening_deposit": OPENING_DEPOSIT}
        for n in range(CUSTOMERS)
    ]
    opened += [{"id": f"bench-merchant-{n}", "currency": "EUR"} for n in range(MERCHANTS)]
    return opened


class Payments:
    """Endless, seeded by `name`; no two of one name share a key."""

    def __init__(self, api_key: str, name: str, hot: bool, host: str = "127.0.0.1") -> None:
        self._random = Random(name)
        self._headers = {
            "Authorization": f"Bearer {api_key}", "Content-Type": "application/json"
        }  # fmt: skip
        self._name = name
        self._hot = hot
        self._host = host
        self._count = 0

    def singles(self, path: str = "/v1/payments") -> Iterator[bytes]:
        """One payment a request."""
        while True:
            payment = self._next()
            headers = self._headers | {"Idempotency-Key": payment.pop("idempotency_key")}
            yield request("POST", path, headers, orjson.dumps(payment), self._host)

    def batches(self, size: int, path: str = "/v1/payment-batches") -> Iterator[bytes]:
        """`size` payments a request."""
        while True:
            body = orjson.dumps([self._next() for _ in range(size)])
            yield request("POST", path, self._headers, body, self._host)

    def _next(self) -> dict[str, Any]:
        self._count += 1
        random = self._random
        merchant = 0 if self._hot and random.random() < HOT_SHARE else random.randrange(MERCHANTS)
        return {
            "debtor": f"bench-customer-{random.randrange(CUSTOMERS)}",
            "creditor": f"bench-merchant-{merchant}",
            "amount": random.randrange(100, 10_000),
            "currency": "EUR",
            "idempotency_key": f"{self._name}-{self._count}",
        }
