"""The bench's load runs on an event loop of its own, and ends when the bench does."""

import asyncio

import pytest
import uvloop

from headrace.loadtests.bench.run import on_uvloop


async def test_it_runs_on_uvloop() -> None:
    async def work() -> bool:
        return isinstance(asyncio.get_running_loop(), uvloop.Loop)

    assert await on_uvloop(work())


async def test_what_it_raises_is_raised() -> None:
    async def work() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await on_uvloop(work())


@pytest.mark.parametrize("after_s", [0, 0.05])
async def test_it_has_ended_when_it_is_cancelled(after_s: float) -> None:
    begun, ended = [], []

    async def work() -> None:
        begun.append(True)
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    running = asyncio.create_task(on_uvloop(work()))
    await asyncio.sleep(after_s)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 60)
    assert begun == ended
