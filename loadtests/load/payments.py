"""The bench's payments as requests: among many accounts, or nine of ten to one merchant."""

from collections.abc import Iterator
from random import Random

from headrace.loadtests.load.http_load import request

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
    """Endless, seeded by `name`; no two of one name share a key. Written as bytes at once: the load
    shares the machine with what it measures."""

    def __init__(self, api_key: str, name: str, hot: bool, host: str = "127.0.0.1") -> None:
        self._random = Random(name).random
        self._headers = {
            "Authorization": f"Bearer {api_key}", "Content-Type": "application/json"
        }  # fmt: skip
        self._name = name.encode()
        self._hot = hot
        self._host = host
        self._count = 0

    def singles(self, path: str = "/v1/payments") -> Iterator[bytes]:
        """One payment a request."""
        lines = [f"POST {path} HTTP/1.1", f"Host: {self._host}"]
        lines += [f"{name}: {value}" for name, value in self._headers.items()]
        head = "\r\n".join(lines).encode()
        while True:
            key, fields = self._next()
            yield b"%s\r\nIdempotency-Key: %s\r\nContent-Length: %d\r\n\r\n{%s}" % (
                head, key, len(fields) + 2, fields,
            )  # fmt: skip

    def batches(self, size: int, path: str = "/v1/payment-batches") -> Iterator[bytes]:
        """`size` payments a request."""
        while True:
            items = (self._next() for _ in range(size))
            body = b",".join([b'{%s,"idempotency_key":"%s"}' % (f, key) for key, f in items])
            yield request("POST", path, self._headers, b"[%s]" % body, self._host)

    def _next(self) -> tuple[bytes, bytes]:
        """A key, and all other fields as JSON without its braces."""
        self._count += 1
        random = self._random
        merchant = 0 if self._hot and random() < HOT_SHARE else int(random() * MERCHANTS)
        fields = (
            b'"debtor":"bench-customer-%d","creditor":"bench-merchant-%d",'
            b'"amount":%d,"currency":"EUR"'
        ) % (random() * CUSTOMERS, merchant, 100 + random() * 9_900)
        return b"%s-%d" % (self._name, self._count), fields
