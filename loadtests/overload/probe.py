"""Single payments, one every so often, as a customer beside all the rest would see them."""

import asyncio
import time
from collections.abc import Iterator, Sequence

from headrace.loadtests.load.http_connection import HttpConnection

EVERY_S = 0.1
NORMAL_IN_A_ROW = 5


async def probe(port: int, requests: Iterator[bytes], seconds: float) -> list[tuple[float, float]]:
    """When each payment was due (seconds from now) and how long its answer took from then, in
    seconds; infinite when it was refused."""
    connected = await HttpConnection.open("127.0.0.1", port)
    begun, found = time.perf_counter(), []
    try:
        for turn in range(round(seconds / EVERY_S)):
            due = begun + turn * EVERY_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            answer = await connected.ask(next(requests))
            took = time.perf_counter() - due if answer.status == 201 else float("inf")
            found.append((due - begun, took))
    finally:
        connected.close()
    return found


def recovered_after_s(probes: Sequence[tuple[float, float]], normal_s: float) -> float | None:
    """When the first of five probes in a row began that took no longer than is normal."""
    for place in range(len(probes) - NORMAL_IN_A_ROW + 1):
        row = probes[place : place + NORMAL_IN_A_ROW]
        if all(took <= normal_s for _, took in row):
            return round(row[0][0], 1)
    return None
