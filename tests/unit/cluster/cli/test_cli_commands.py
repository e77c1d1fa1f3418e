"""Every command teaches, speaks JSON, and starts without loading what it does not need."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner

from headrace.cluster.cli import duration
from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.main import app

HEAVY = ("ray", "asyncpg", "pyarrow", "numpy", "httpx", "onnxruntime", "starlette")


def commands(of: typer.Typer, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for command in of.registered_commands:
        yield (*path, command.name or "")
    for group in of.registered_groups:
        if group.typer_instance is not None:
            own = (group.name,) if group.name else ()
            yield from commands(group.typer_instance, (*path, *own))


@pytest.mark.parametrize("path", list(commands(app)), ids=" ".join)
def test_every_command_teaches_and_speaks_json(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "100"})
    assert result.exit_code == 0
    assert "--json" in result.stdout
    assert "Examples" in result.stdout
    assert f"headrace {' '.join(path)}" in result.stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from headrace.cluster.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        f"print('loaded', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.splitlines()[-1] == "loaded []"


def test_bad_input_is_a_sentence_and_exit_code_2(tmp_path: object) -> None:
    arguments = ["payment", "list", "--data-dir", str(tmp_path), "--json"]
    result = CliRunner().invoke(app, arguments, env={"HEADRACE_URL": "", "HEADRACE_API_KEY": ""})
    assert result.exit_code == 2
    assert "headrace up" in result.stderr
    assert result.stdout.splitlines()[-1].startswith('{"error":{"code":"bad_input"')


def test_a_reader_that_has_seen_enough_gets_no_traceback() -> None:
    code = (
        "import typer\n"
        "from headrace.cluster.cli.command import Outcome, plain_command, run\n"
        "app = typer.Typer()\n"
        "async def much():\n"
        "    for _ in range(100_000): print('x' * 100)\n"
        "    return Outcome({})\n"
        "@plain_command(app, 'much')\n"
        "def command() -> None: run(much, True)\n"
        "app()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_durations() -> None:
    assert [duration.seconds(text) for text in ("45s", "30m", "12h", "90d", "7")] == [
        45, 1_800, 43_200, 7_776_000, 7,
    ]  # fmt: skip
    for text in ("", "d", "-1s", "1w", "1.5h"):
        with pytest.raises(BadInput, match="duration"):
            duration.seconds(text)
