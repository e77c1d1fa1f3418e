"""What `headrace status` says when the ledger says nothing."""

import asyncio
import io
from pathlib import Path

import pytest
from rich.console import Console

from headrace.cluster.cli import status
from headrace.cluster.cli.up_view import status_table

FAR_OUT_S = 30.0


async def test_a_ledger_that_never_answers_is_asked_for_a_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    host, port = silent.sockets[0].getsockname()
    monkeypatch.setenv("HEADRACE_DATABASE_URL", f"postgresql://headrace:x@{host}:{port}/headrace")
    assert status.LEDGER_TIMEOUT_S <= 1
    async with asyncio.timeout(FAR_OUT_S):
        assert await status._legs_parked(tmp_path) is None
    silent.close()


async def test_no_postgresql_is_started_to_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADRACE_DATABASE_URL", raising=False)
    (tmp_path / "postgres.password").write_text("x")
    assert await status._legs_parked(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == ["postgres.password"]


@pytest.mark.parametrize(
    ("legs", "said"), [(None, "unknown"), (0, ""), (2, "2, see `headrace leg list`")]
)
def test_what_is_unknown_is_said(legs: int | None, said: str) -> None:
    names = ("phase", "url", "docs_url", "dashboard_url", "data_dir", "pid")
    data = {**dict.fromkeys(names, ""), "legs_parked": legs, "processes": []}
    shown = io.StringIO()
    table = status_table({**data, "memory_mb": 0.0, "cpu_s": 0.0})
    Console(file=shown, width=200).print(table)
    assert ("legs parked" in shown.getvalue()) is bool(said)
    assert said in shown.getvalue()
