"""Offers a platform more than it can take, or as much as it can: a process of its own, so that its
CPU is told apart. Reads an Order from standard input and prints what came of it, both JSON.

A connection carries one request at a time, as a client's pool does. When all are busy, requests
that are due wait for one; those that have waited for `patience_s` are given up, unsent.
"""

import asyncio
import contextlib
import os
import sys
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

import msgspec
import uvloop

from headrace.loadtests.load.http_connection import ANSWER_TIMEOUT_S, HttpConnection
from headrace.loadtests.load.http_load import percentile_ms
from headrace.loadtests.load.payments import Payments
from headrace.loadtests.platform_under_load import RunError

BATCH = 1_000
HURRY = -10
"""Niceness."""
WAKE_EVERY_S = 0.05
SETTLED_ITEM = b'"status":201'


class Order(msgspec.Struct, kw_only=True):
    """What to send. `per_second` 0: as fast as answers come."""

    port: int
    api_key: str
    name: str
    """Of the payments' keys; no two orders to one platform share it."""
    batch: bool
    connections: int
    seconds: float
    per_second: float = 0
    patience_s: float = 1.0


class Offered(msgspec.Struct, kw_only=True):
    """What came of it. Accepted work is timed from when it was due, a refusal from when its request
    was sent."""

    seconds: float = 0.0
    accepted: int = 0
    """Requests."""
    paid: int = 0
    """Payments in them that were decided."""
    unsent: int = 0
    statuses: dict[str, int] = {}
    refused_by_gateway: int = 0
    """Of the refusals; HAProxy's come without a trace."""
    without_retry_after: int = 0
    """Of the refusals."""
    failed: int = 0
    """Requests whose connection ended without an answer."""
    accepted_p50_ms: float = 0.0
    accepted_p99_ms: float = 0.0
    accepted_max_ms: float = 0.0
    refused_p50_ms: float = 0.0
    refused_p99_ms: float = 0.0
    cpu_s: float = 0.0
    late_p50_ms: float = 0.0
    late_p99_ms: float = 0.0
    """How much later than asked for this process itself was woken: part of every latency."""

    @property
    def refused(self) -> int:
        """Requests answered 429."""
        return self.statuses.get("429", 0)

    @property
    def sent(self) -> int:
        """Requests that left."""
        return sum(self.statuses.values()) + self.failed


class Offer:
    """Carries out one order."""

    def __init__(self, order: Order, requests: Iterator[bytes]) -> None:
        self._order = order
        self._requests = requests
        self._refused: deque[bytes] = deque()
        """To be sent again, when a further request is due: a good client keeps its key."""
        self._turn = 0
        self._accepted_s, self._refused_s, self._late_s = array("d"), array("d"), array("d")
        self._statuses: Counter[str] = Counter()
        self.offered = Offered()

    async def carry_out(self) -> Offered:
        """Returns when the last request that was sent has its answer."""
        self._started = time.perf_counter()
        self._end = self._started + self._order.seconds
        cpu = time.process_time()
        watching = asyncio.create_task(self._watch_itself())
        await asyncio.gather(*(self._connection() for _ in range(self._order.connections)))
        watching.cancel()
        offered = self.offered
        offered.cpu_s = round(time.process_time() - cpu, 2)
        offered.seconds = round(time.perf_counter() - self._started, 2)
        offered.statuses = dict(self._statuses)
        offered.accepted = len(self._accepted_s)
        offered.accepted_p50_ms = percentile_ms(self._accepted_s, 0.5)
        offered.accepted_p99_ms = percentile_ms(self._accepted_s, 0.99)
        offered.accepted_max_ms = percentile_ms(self._accepted_s, 1)
        offered.late_p50_ms = percentile_ms(self._late_s, 0.5)
        offered.late_p99_ms = percentile_ms(self._late_s, 0.99)
        offered.refused_p50_ms = percentile_ms(self._refused_s, 0.5)
        offered.refused_p99_ms = percentile_ms(self._refused_s, 0.99)
        return offered

    async def _watch_itself(self) -> None:
        while True:
            asked = time.perf_counter() + WAKE_EVERY_S
            await asyncio.sleep(WAKE_EVERY_S)
            self._late_s.append(time.perf_counter() - asked)

    async def _connection(self) -> None:
        """Keeps one connection busy, a new one after it was closed, until time is up."""
        while (due := await self._next_due()) is not None:
            try:
                connected = await HttpConnection.open("127.0.0.1", self._order.port)
            except OSError:
                self.offered.failed += 1
                await asyncio.sleep(0.1)
                continue
            try:
                while due is not None:
                    await self._exchange(connected, due)
                    due = await self._next_due()
            except OSError:
                self.offered.failed += 1
            finally:
                connected.close()

    async def _next_due(self) -> float | None:
        """When the next request is (or was) due; None after the last."""
        order = self._order
        while True:
            now = time.perf_counter()
            if not order.per_second:
                return now if now < self._end else None
            due = self._started + self._turn / order.per_second
            if due >= self._end:
                return None
            self._turn += 1
            if now - due > order.patience_s:
                self.offered.unsent += 1
                continue
            if due > now:
                await asyncio.sleep(due - now)
            return due

    async def _exchange(self, connected: HttpConnection, due: float) -> None:
        request = self._refused.popleft() if self._refused else next(self._requests)
        sent = time.perf_counter()
        answer = await connected.ask(request)
        self._statuses[str(answer.status)] += 1
        now = time.perf_counter()
        if answer.status < 300:
            self._accepted_s.append(now - due)
            self.offered.paid += answer.body.count(SETTLED_ITEM) if self._order.batch else 1
        elif answer.status == 429:
            self._refused.append(request)
            self._refused_s.append(now - sent)
            self.offered.refused_by_gateway += b"\r\ntrace-id:" in answer.head
            self.offered.without_retry_after += b"\r\nretry-after:" not in answer.head


def requests_of(order: Order) -> Iterator[bytes]:
    """Endless, between the bench's accounts."""
    payments = Payments(order.api_key, order.name, False)
    return payments.batches(BATCH) if order.batch else payments.singles()


async def offer_in_a_process(order: Order) -> Offered:
    """Starts this module and waits for what it prints; RunError when it fails. Has ended on
    return."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "headrace.loadtests.overload.offer",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Linux shares the CPU among sessions: not the platform's
    )  # fmt: skip
    try:
        async with asyncio.timeout(order.seconds + ANSWER_TIMEOUT_S + 30):
            told, said = await process.communicate(msgspec.json.encode(order))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RunError(f"the load: {said[-2000:].decode()}")
    return msgspec.json.decode(told, type=Offered)


def hurry() -> None:
    """Little CPU is needed, but at once: or else this process's own waiting for it would be told as
    the platform's. Without the right to it, all goes on as it is."""
    with contextlib.suppress(OSError):
        os.nice(HURRY)
        Path("/proc/self/autogroup").write_text(str(HURRY))  # Linux: among sessions


def main() -> None:
    """From standard input to standard output."""
    hurry()
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    offered = uvloop.run(Offer(order, requests_of(order)).carry_out())
    sys.stdout.buffer.write(msgspec.json.encode(offered))


if __name__ == "__main__":
    main()
