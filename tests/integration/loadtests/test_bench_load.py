"""The bench's load against a real HTTP server: what it sends, counts and times."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from headrace.loadtests.bench.measure import measure, paced
from headrace.loadtests.bench.scenarios import BATCH, Scenario
from headrace.loadtests.load.address import Address
from headrace.loadtests.load.http_load import drive, request

KEY = "secret"
START_TIMEOUT_S = 60.0


class Service:
    """Takes every payment, but every tenth item of a batch; tells of what happened in order."""

    def __init__(self, port: int) -> None:
        self.address = Address("127.0.0.1", port, KEY, prefix="/there")
        self.told: list[str] = []
        self.keys: list[str] = []
        self.delay_s = 0.0
        self.app = Starlette(
            routes=[
                Route("/there/v1/payments", self._single, methods=["POST"]),
                Route("/there/v1/payment-batches", self._batch, methods=["POST"]),
                Route("/chunked", self._chunked, methods=["POST"]),
            ]
        )

    async def _single(self, asked: Request) -> Response:
        payment = orjson.loads(await asked.body())
        self._note(asked, asked.headers["idempotency-key"], payment["creditor"])
        await asyncio.sleep(self.delay_s)
        return Response(b'{"status":"settled"}', 201)

    async def _batch(self, asked: Request) -> Response:
        items = orjson.loads(await asked.body())
        assert len(items) == BATCH
        self._note(asked, items[0]["idempotency_key"], items[0]["creditor"])
        self.keys += [item["idempotency_key"] for item in items[1:]]
        results = [{"status": 422 if n % 10 == 9 else 201, "payment": {}} for n in range(BATCH)]
        return Response(orjson.dumps({"id": "1", "results": results}), 200)

    async def _chunked(self, asked: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield b"half "
            yield b"and half"

        return StreamingResponse(pieces(), 201)

    def _note(self, asked: Request, key: str, creditor: str) -> None:
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        self.keys.append(key)
        self.told.append("warm" if "-warm-" in key else creditor)

    async def settled(self) -> None:
        self.told.append("settled")

    def cpu_s(self) -> float | None:
        return time.process_time()

    async def checkpoint(self) -> None:
        self.told.append("checkpoint")
        await asyncio.sleep(0.01)


class Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@pytest_asyncio.fixture
async def service(free_port: int) -> AsyncIterator[Service]:
    service = Service(free_port)
    config = uvicorn.Config(service.app, port=free_port, log_level="warning", lifespan="off")
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    await asyncio.wait_for(server.listens.wait(), START_TIMEOUT_S)
    yield service
    server.should_exit = True
    await asyncio.wait_for(serving, START_TIMEOUT_S)


async def test_singles_are_counted_after_warm_up_with_a_checkpoint_inside(
    service: Service,
) -> None:
    run = await measure(Scenario("single", "headrace"), service, "run", 4, 0.6)
    warm_up = service.told[: service.told.index("settled")]
    assert set(warm_up) == {"warm"}
    counted = service.told[len(warm_up) + 1 :]
    assert counted[-1] == "settled"
    checkpoint = counted.index("checkpoint")
    assert 0 < checkpoint < len(counted) - 2
    assert run.payments == len(run.latencies_s) == len(counted) - 2
    assert run.refused == 0
    assert len(service.keys) == len(set(service.keys))
    assert 0.6 <= run.seconds < 2
    assert run.checkpoint_s >= 0.01
    assert run.cpu_s is not None
    assert 0 < run.generator_cpu_s <= run.cpu_s + 0.01


async def test_items_of_batches_are_counted_by_their_own_status(service: Service) -> None:
    run = await measure(Scenario("batch", "headrace", batch=True), service, "run", 2, 0.4)
    requests = len(run.latencies_s)
    assert run.payments == requests * 900
    assert run.refused == requests * 100
    assert len(service.keys) == len(set(service.keys))


@pytest.mark.parametrize(("hot", "least", "most"), [(False, 0, 0.1), (True, 0.8, 1)])
async def test_nine_of_ten_hot_payments_go_to_one_merchant(
    service: Service, hot: bool, least: float, most: float
) -> None:
    await measure(Scenario("single", "headrace", hot=hot), service, "run", 4, 0.5)
    paid = [name for name in service.told if name.startswith("bench-merchant-")]
    assert len(paid) > 50
    assert least <= paid.count("bench-merchant-0") / len(paid) <= most


async def test_a_paced_load_keeps_its_rate_and_counts_the_wait_behind_a_slow_answer(
    service: Service,
) -> None:
    service.delay_s = 0.02
    quick = await paced(service, "quick", per_second=20, connections=2, seconds=0.5)
    assert len(quick.latencies_s) == 10
    assert quick.percentile_ms(0.5) < 100
    behind = await paced(service, "behind", per_second=100, connections=1, seconds=0.5)
    assert behind.percentile_ms(0.99) > 200


async def test_a_chunked_answer_is_read_to_its_end(service: Service) -> None:
    bodies: list[tuple[int, bytes]] = []

    def answered(*answer: Any) -> None:
        bodies.append(answer)

    requests = iter([request("POST", "/chunked", {}, b"{}")] * 3)
    load = await drive("127.0.0.1", service.address.port, requests, 1, 5, answered=answered)
    assert bodies == [(201, b"half and half")] * 3
    assert load.statuses == {201: 3}


def test_an_address_is_read_from_a_url() -> None:
    address = Address.of_url("https://payments.example/eu/", KEY)
    assert address == Address("payments.example", 443, KEY, tls=True, prefix="/eu")
    assert address.url == "https://payments.example:443/eu"
    with pytest.raises(ValueError, match="no http"):
        Address.of_url("payments.example", KEY)
