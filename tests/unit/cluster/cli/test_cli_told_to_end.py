"""A command that is told to end stops what it has started first."""

import asyncio
import os
import signal

import pytest
import typer

from headrace.cluster.cli.command import ENDS, Outcome, run


@pytest.mark.parametrize("number", [*ENDS, signal.SIGINT])
def test_a_signal_lets_a_command_clean_up(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    done: list[str] = []

    async def work() -> Outcome:
        try:
            os.kill(os.getpid(), number)
            await asyncio.Event().wait()
        finally:
            if number != signal.SIGINT:  # with which people mean it, the second time
                os.kill(os.getpid(), number)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            done.append("cleaned up")
        return Outcome({})

    with pytest.raises(typer.Exit) as ended:
        run(work, as_json=False)
    assert ended.value.exit_code == 130
    assert done == ["cleaned up"]
    assert "interrupted" in capsys.readouterr().err
