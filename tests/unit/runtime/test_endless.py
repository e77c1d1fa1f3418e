"""A loop that must not end and does so anyway."""

import asyncio
import io
import json
import subprocess
import sys

import pytest
import structlog

from headrace.runtime import endless as endless_module
from headrace.runtime import logs
from headrace.runtime.endless import EXIT_STATUS, endless


async def returns() -> None:
    await asyncio.sleep(0)


async def raises() -> None:
    await asyncio.sleep(0)
    raise KeyError("external-EUR")


async def awaits_what_was_cancelled() -> None:
    asked = asyncio.get_running_loop().create_future()
    asked.cancel()
    await asked


@pytest.mark.parametrize("loop", [returns, raises, awaits_what_was_cancelled])
async def test_a_loop_that_ended_without_a_sound(loop: object) -> None:
    ended: list[str] = []
    await asyncio.wait_for(endless("partition", loop, ended.append), 5)  # type: ignore[arg-type]  # a loop that ends by raising
    assert ended == ["partition"]


async def test_a_loop_that_is_stopped_has_not_failed() -> None:
    ended: list[str] = []
    task = endless("partition", asyncio.Event().wait, ended.append)  # type: ignore[arg-type]  # never ends
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == []


async def test_the_traceback_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.BytesIO()
    # One that no other test has used: it keeps what was configured then.
    monkeypatch.setattr(endless_module, "log", structlog.get_logger("headrace.endless"))
    logs.configure("WARNING", "test", told)
    try:
        await endless("partition", raises, lambda name: None)
    finally:
        structlog.reset_defaults()
    line = json.loads(told.getvalue())
    assert (line["event"], line["loop"], line["level"]) == ("loop_ended", "partition", "critical")
    assert "in raises" in line["exception"]
    assert "external-EUR" in line["exception"]


def test_the_process_ends_with_its_loop() -> None:
    program = """
import asyncio
from headrace.runtime.endless import endless

async def fails():
    raise ValueError("undecidable")

async def main():
    endless("partition", fails)
    await asyncio.Event().wait()

asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == EXIT_STATUS
    assert "undecidable" in done.stdout + done.stderr
