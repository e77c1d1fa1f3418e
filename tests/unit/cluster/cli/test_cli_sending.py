"""In what order rows of a file reach the platform when some of them are put off."""

import json

import httpx

from headrace.cluster.cli.client import Api
from headrace.cluster.cli.payfile.items import Mapped, PaymentItem
from headrace.cluster.cli.payfile.run import Run


def chunk(first_row: int, *keys: str) -> Mapped:
    items: list[PaymentItem | None] = [
        PaymentItem(key, "debtor", "creditor", 1, "EUR") for key in keys
    ]
    rows = range(first_row, first_row + len(keys))
    return Mapped(rows, items, list(keys), {}, first_row)


class Platform:
    """Decides what comes, in its order, but for items that it puts off once, and batches that are
    larger than it takes."""

    def __init__(self, put_off: set[str], items_max: int = 100) -> None:
        self.decided: list[str] = []
        self._put_off = put_off
        self._items_max = items_max

    def answer(self, request: httpx.Request) -> httpx.Response:
        items = [json.loads(line) for line in request.content.splitlines()]
        if len(items) > self._items_max:
            return httpx.Response(413, json={"code": "body_too_large"})
        keys = [item["idempotency_key"] for item in items]
        results = []
        behind = False
        for key in keys:
            behind = behind or key in self._put_off
            if behind:
                results.append({"status": 503, "problem": {"code": "unavailable"}})
                continue
            self.decided.append(key)
            payment = {"id": key, "status": "settled", "idempotency_key": key}
            results.append({"status": 201, "payment": payment})
        self._put_off -= set(keys)
        return httpx.Response(200, json={"id": "batch", "results": results})


async def paid(platform: Platform, *chunks: Mapped) -> list[str]:
    """With one request out at once."""
    async with Api("http://127.0.0.1:1", "hr_x") as api:
        transport = httpx.MockTransport(platform.answer)
        api._http = httpx.AsyncClient(base_url=api.url, transport=transport)
        run = Run(api, None, 1, None, lambda *_: None)
        await run.play(iter(chunks))
    assert run.summary.unanswered == 0
    return platform.decided


async def test_a_chunk_does_not_pass_one_whose_rows_were_put_off() -> None:
    platform = Platform({"a2"})
    assert await paid(platform, chunk(1, "a1", "a2", "a3"), chunk(4, "b1", "b2")) == [
        "a1", "a2", "a3", "b1", "b2",
    ]  # fmt: skip


async def test_the_second_half_of_a_chunk_does_not_pass_the_first() -> None:
    platform = Platform({"a2"}, items_max=2)
    assert await paid(platform, chunk(1, "a1", "a2", "a3", "a4")) == ["a1", "a2", "a3", "a4"]
