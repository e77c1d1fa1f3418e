"""Ray waits for a dead raylet for ever: neither a call of ours nor the end of the process does."""

import asyncio
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from headrace.cluster.local.one_thread import OneThread
from headrace.cluster.local.ray_node import RayNode, RayNodeError
from headrace.runtime.settings.local import LocalSettings

FAR_OUT_S = 30.0
LEAVES = """
import asyncio, threading
from headrace.cluster.local.one_thread import OneThread

async def main():
    waiting = OneThread("stuck").call(threading.Event().wait)
    await asyncio.wait({waiting}, timeout=0.01)

asyncio.run(main())
"""


async def test_a_call_is_given_up_when_an_essential_process_goes(tmp_path: Path) -> None:
    node = RayNode(tmp_path, LocalSettings())
    raylet = await asyncio.create_subprocess_exec("sleep", "600")
    node._essential = {"raylet": psutil.Process(raylet.pid)}
    waiting = asyncio.ensure_future(node._call(threading.Event().wait))
    await asyncio.wait({waiting}, timeout=0.01)
    assert not waiting.done()
    raylet.kill()
    await raylet.wait()
    async with asyncio.timeout(FAR_OUT_S):
        with pytest.raises(RayNodeError, match="raylet is gone"):
            await waiting
        with pytest.raises(RayNodeError, match="raylet is gone"):
            await node.drain()
        await node.stop(FAR_OUT_S)


async def test_a_stop_behind_a_call_that_never_returns_keeps_to_its_bound(tmp_path: Path) -> None:
    node = RayNode(tmp_path, LocalSettings())
    stuck = node._thread.call(threading.Event().wait)
    async with asyncio.timeout(FAR_OUT_S):
        await node.stop(0.01)
    assert not stuck.done()


async def test_calls_tell_what_they_return_and_raise_in_turn() -> None:
    thread = OneThread("calls")
    names = [thread.call(lambda: threading.current_thread().name) for _ in range(2)]
    assert await asyncio.gather(*names) == ["calls", "calls"]
    with pytest.raises(ZeroDivisionError):
        await thread.call(lambda: 1 // 0)
    assert await thread.call(int, "7") == 7


def test_a_process_ends_with_a_call_that_never_returns() -> None:
    done = subprocess.run([sys.executable, "-c", LEAVES], timeout=FAR_OUT_S, check=False)
    assert done.returncode == 0
