"""What a load test started is taken away, whenever it is told to end."""

import asyncio
import os
import signal

import pytest

from headrace.loadtests import signals
from headrace.loadtests.signals import in_turn, run, to_its_end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_work_and_lets_it_clean_up(number: int) -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), number)  # the second one cuts nothing short
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            done.append("cleaned up")

    with pytest.raises(SystemExit) as ended:
        run(work())
    assert ended.value.code == 128 + number
    assert done == ["cleaned up"]


def test_cleaning_up_goes_on_when_the_signal_comes_meanwhile() -> None:
    done: list[str] = []

    async def clean_up() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(5):
            await asyncio.sleep(0)
        done.append("cleaned up")

    with pytest.raises(SystemExit):
        run(to_its_end(clean_up()))
    assert done == ["cleaned up"]


def test_what_was_not_told_to_end_returns_or_raises_as_ever() -> None:
    async def returns() -> int:
        return 7

    async def raises() -> None:
        raise asyncio.CancelledError

    assert run(returns()) == 7
    with pytest.raises(asyncio.CancelledError):
        run(raises())


def test_a_step_that_fails_or_never_ends_keeps_no_other_from_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(signals, "STEP_TIMEOUT_S", 0.01)
    done: list[str] = []

    async def fails() -> None:
        raise RuntimeError("not mounted")

    async def waits() -> None:
        await asyncio.Event().wait()

    async def last() -> None:
        done.append("last")

    run(in_turn(fails, waits, last))
    assert done == ["last"]
    told = capsys.readouterr().err
    assert "not mounted" in told
    assert "waits took longer" in told
