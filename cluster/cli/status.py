"""`headrace status`: a platform on this machine, its parts and what they weigh."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from headrace.cluster.cli.command import Outcome, plain_command, run
from headrace.cluster.cli.credentials import DATA_DIR, DataDirOption, JsonOption
from headrace.cluster.cli.failures import Failure
from headrace.cluster.cli.on_this_machine import failures

if TYPE_CHECKING:
    from headrace.cluster.local.state import State

app = typer.Typer()

LEDGER_TIMEOUT_S = 1.0


async def _legs_parked(data_dir: Path) -> int | None:
    """How many legs wait for somebody to release them; None when the ledger does not say."""
    from asyncpg import PostgresError

    from headrace.cluster.cli.database import settings_of_running
    from headrace.runtime.database.connect import connect
    from headrace.runtime.ledger import parked_legs

    try:
        async with asyncio.timeout(LEDGER_TIMEOUT_S):
            connection = await connect(settings_of_running(data_dir).ledger, "headrace status")
            try:
                return len(await parked_legs.everyone(connection))
            finally:
                connection.terminate()
    except (OSError, PostgresError, Failure):
        return None


@plain_command(app, "status", "headrace status", "headrace status --json | jq .memory_mb")
def status(data_dir: DataDirOption = DATA_DIR, as_json: JsonOption = False) -> None:
    """Show whether a platform runs, where, and what its parts weigh. Exit code 1 when none does.

    What the ledger doesn't tell within a second is named as unknown.
    """

    async def show() -> Outcome:
        from headrace.cluster.cli.up_view import status_table
        from headrace.cluster.local import daemon
        from headrace.cluster.local.state import READY

        with failures():
            found = await asyncio.to_thread(daemon.status, data_dir)
        if found is None:
            words = f"no platform runs in {data_dir}"
            return Outcome({"data_dir": str(data_dir), "running": False}, lambda: words, 1)
        legs = await _legs_parked(data_dir) if found.state.phase == READY else None
        data: dict[str, Any] = {
            "running": True,
            **told(data_dir, found.state),
            "phase": found.state.phase,
            "legs_parked": legs,
            "unknown": ["legs_parked"] if legs is None else [],
            "memory_mb": found.memory_mb,
            "cpu_s": found.cpu_s,
            "processes": [
                {"part": p.part, "pid": p.pid, "memory_mb": p.memory_mb, "cpu_s": p.cpu_s}
                for p in found.processes
            ],
        }
        return Outcome(data, lambda: status_table(data))

    run(show, as_json)


def told(data_dir: Path, state: "State") -> dict[str, Any]:
    """What `up` tells, too: where everything is."""
    return {
        "url": state.url,
        "docs_url": f"{state.url}/docs",
        "dashboard_url": state.dashboard_url,
        "data_dir": str(data_dir),
        "pid": state.pid,
        "ready_after_s": state.ready_after_s,
    }
