"""Prepared HTTP requests over keep-alive connections, and how long each answer took.

Small enough to take little of the machine that is measured: requests are bytes, and of answers only
the status is looked at, unless asked for.
"""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from headrace.loadtests.load.http_connection import HttpConnection


def percentile_ms(latencies_s: Sequence[float], share: float) -> float:
    """The latency that this share of the requests did not exceed; 0 when there are none."""
    ordered = sorted(latencies_s)
    if not ordered:
        return 0.0
    return round(ordered[max(0, math.ceil(len(ordered) * share) - 1)] * 1000, 2)


@dataclass
class Load:
    """What came of it: latencies in seconds by request, and answers by status."""

    latencies_s: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def percentile_ms(self, share: float) -> float:
        """Of the latencies; 0 when there are none."""
        return percentile_ms(self.latencies_s, share)

    def rate(self, payments_per_request: int = 1) -> float:
        """Payments of accepted requests a second."""
        accepted = sum(n for status, n in self.statuses.items() if status < 300)
        return round(accepted * payments_per_request / self.seconds, 1)


def request(
    method: str, path: str, headers: dict[str, str], body: bytes, host: str = "127.0.0.1"
) -> bytes:
    """An HTTP/1.1 request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def drive(
    host: str, port: int, requests: Iterator[bytes], connections: int, seconds: float,
    per_second: float = 0,
    answered: Callable[[int, bytes], None] | None = None,
    tls: bool = False,
) -> Load:  # fmt: skip
    """Sends what `requests` yields for some seconds; `per_second` 0: as fast as answers come.

    A paced load measures from the moment a request was due, so that a slow answer counts for those
    that waited behind it.
    """
    load = Load()
    started = time.perf_counter()
    end = started + seconds
    turn = iter(range(2**62))

    async def connection() -> None:
        connected = await HttpConnection.open(host, port, tls)
        try:
            while time.perf_counter() < end:
                due = time.perf_counter()
                if per_second:
                    due = started + next(turn) / per_second
                    if due >= end:
                        return
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                data = next(requests, None)
                if data is None:
                    return
                if not per_second:
                    due = time.perf_counter()
                answer = await connected.ask(data)
                load.latencies_s.append(time.perf_counter() - due)
                load.statuses[answer.status] += 1
                if answered is not None:
                    answered(answer.status, answer.body)
        finally:
            connected.close()

    await asyncio.gather(*(connection() for _ in range(connections)))
    load.seconds = time.perf_counter() - started
    return load
