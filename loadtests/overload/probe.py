"""Single payments, one every so often, as a customer beside all the rest would see them."""

import asyncio
import time
from collections.abc import Iterator, Sequence

from headrace.loadtests.overload.offer import read_answer

EVERY_S = 0.1
ANSWER_TIMEOUT_S = 60.0
NORMAL_IN_A_ROW = 5


async def probe(port: int, requests: Iterator[bytes], seconds: float) -> list[tuple[float, float]]:
    """When each payment was due (seconds from now) and how long its answer took from then, in
    seconds; infinite when it was refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    begun, found = time.perf_counter(), []
    try:
        for turn in range(round(seconds / EVERY_S)):
            due = begun + turn * EVERY_S
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            writer.write(next(requests))
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                head, _ = await read_answer(reader)
            took = time.perf_counter() - due if head[9:12] == b"201" else float("inf")
            found.append((due - begun, took))
    finally:
        writer.close()
    return found


def recovered_after_s(probes: Sequence[tuple[float, float]], normal_s: float) -> float | None:
    """When the first of five probes in a row began that took no longer than is normal."""
    for place in range(len(probes) - NORMAL_IN_A_ROW + 1):
        row = probes[place : place + NORMAL_IN_A_ROW]
        if all(took <= normal_s for _, took in row):
            return round(row[0][0], 1)
    return None
