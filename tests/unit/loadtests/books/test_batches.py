"""What a world makes of a batch that had to be sent more than once."""

import json
from random import Random

import httpx

from headrace.loadtests.books.api import Api
from headrace.loadtests.books.model.books import Books
from headrace.loadtests.books.operations.batches import DOUBLE, FORM, pay_many
from headrace.loadtests.books.tally import Tally
from headrace.loadtests.books.world import World, today

BATCHES = 12
MILLISECOND = "01a220cd-4fef"


class Platform:
    """Puts every batch off once, then decides it in its order; all ids are of one millisecond, in
    which they come in no particular order."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self._random = Random("ids")
        self._put_off: set[str] = set()
        self._told: dict[str, httpx.Response] = {}

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return self._told[request.url.path.rpartition("/")[2]]
        items = json.loads(request.content)
        batch = items[0]["idempotency_key"]
        if batch not in self._put_off:
            self._put_off.add(batch)
            results = [{"status": 503, "problem": {"code": "unavailable"}} for _ in items]
            return httpx.Response(200, json={"id": batch, "results": results})
        seen: set[str] = set()
        results = [self._decide(item, seen) for item in items]
        self._told[batch] = httpx.Response(200, json={"id": batch, "results": results})
        return self._told[batch]

    def _decide(self, item: dict[str, object], seen: set[str]) -> dict[str, object]:
        key = str(item["idempotency_key"])
        decided = self.books.pay(item, key, today())
        if decided.code not in FORM:
            decided = DOUBLE if key in seen else decided
            seen.add(key)
        if decided.refused:
            problem = {**decided.told(), "errors": [{"field": decided.field_name}]}
            return {"status": decided.status, "problem": problem}
        low = self._random.getrandbits(60)
        id = f"{MILLISECOND}-7{low >> 48:03x}-8{low >> 12 & 0xFFF:03x}-{low & 0xFFF:012x}"
        decided.effect({"id": id})
        payment = {**decided.body, "id": id}
        return {"status": 201, "payment": payment}


def _opened() -> Books:
    books = Books()
    for name in ("w.a1", "w.a2", "w.a3", "w.a4"):
        books.open({"id": name, "currency": "EUR"}).effect({})
        books.fund(name, {"amount": 900, "currency": "EUR"}, f"d{name}", deposit=True).effect({})
    return books


async def test_payments_of_one_millisecond_were_decided_in_the_order_of_the_batch() -> None:
    tally = Tally(7)
    platform = Platform(_opened())
    transport = httpx.MockTransport(platform.answer)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        api = Api(http, "hr_key", tally, "test", Random(1))
        world = World("w", 7, api, api)
        world.books = _opened()
        for number in range(BATCHES):
            world.number = number
            await pay_many(world)
    declined = [p for p in platform.books.payments if p.decline_reason == "insufficient_funds"]
    assert tally.violations == []
    assert len(declined) > BATCHES
    assert tally.retries == len(world.batches) == BATCHES
