"""A PostgreSQL a session, and in it a migrated database of its own for each test that asks.

Tests that need everything share one platform, started by the real command line.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from support import budgets
from support.ledgers import SHARED_SERVER, database_url, execute, fresh_ledger

from headrace.cluster.local.ports import free_ports
from headrace.cluster.local.postgres import Postgres
from headrace.runtime.areas import AREAS
from headrace.runtime.database.migrate import migrate
from headrace.runtime.keys import master_key
from headrace.runtime.settings import Settings

TEMPLATE = f"headrace_template_{uuid.uuid4().hex}"


def pytest_addoption(parser: pytest.Parser) -> None:
    budgets.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    budgets.install(config)
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            # Under nohup, or behind a shell's &; what tests start would inherit it, and wait.
            signal.signal(
                number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            )


def _data_dir() -> Path:
    path = Path(tempfile.mkdtemp(prefix="headrace-tests-", dir="/tmp"))
    path.chmod(0o711)  # started by root, PostgreSQL runs as another user
    return path


@pytest.fixture
def reachable_dir() -> Iterator[Path]:
    """A folder that PostgreSQL's user can reach, unlike tmp_path, which is 0700 above."""
    path = _data_dir()
    yield path
    shutil.rmtree(path)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres() -> AsyncIterator[Postgres]:
    """One server for the whole session."""
    data_dir = _data_dir()
    server = Postgres(data_dir, {"shared_buffers": "128MB", "max_wal_size": "1GB"})
    try:
        await server.start()
        yield server
    finally:
        await server.stop()
        shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """Of the shared server, or of one for this session."""
    shared = os.environ.get(SHARED_SERVER)
    return shared or str(request.getfixturevalue("postgres").url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def migrated_template(postgres_url: str) -> str:
    """The name of a migrated database without tenants, with the default number of partitions."""
    await execute(postgres_url, f"CREATE DATABASE {TEMPLATE}")
    settings = Settings(database_url=database_url(postgres_url, TEMPLATE))
    await migrate(settings.ledger, AREAS, settings.cell.partitions)
    return TEMPLATE


@pytest.fixture(scope="session")
def master_key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all ledgers of the session."""
    path = tmp_path_factory.mktemp("keys") / "master.key"
    master_key.make(path)
    return path


@pytest_asyncio.fixture
async def settings(
    postgres_url: str, migrated_template: str, master_key_file: Path
) -> AsyncIterator[Settings]:
    """Settings with a fresh migrated ledger."""
    async with fresh_ledger(postgres_url, migrated_template, master_key_file) as settings:
        yield settings


class RunningPlatform(NamedTuple):
    """A platform started by `headrace up --detach`, and the keys of its tenant and operator."""

    url: str
    api_key: str
    operator_key: str
    data_dir: Path
    told: dict[str, Any]
    """What the command printed."""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}


@pytest.fixture
def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    return _free_port()


def _free_port() -> int:
    return free_ports(1)[0]


def headrace(*arguments: str, timeout_s: float = 180) -> dict[str, Any]:
    """Runs a command with --json; the object it printed."""
    command = [sys.executable, "-m", "headrace.cluster.cli", *arguments, "--json"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HEADRACE_")}
    done = subprocess.run(command, env=clean, capture_output=True, text=True, timeout=timeout_s)
    assert done.returncode == 0, (
        f"{arguments} exited {done.returncode}:\n{done.stderr}{done.stdout}"
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


@pytest.fixture(scope="session")
def platform() -> Iterator[RunningPlatform]:
    """One for the whole session: tests leave it running and make accounts of their own."""
    data_dir = _data_dir()
    try:
        told = headrace("up", "--detach", "--data-dir", str(data_dir), "--port", str(_free_port()))
        keys = json.loads((data_dir / "credentials.json").read_text())
        yield RunningPlatform(told["url"], keys["api_key"], keys["operator_key"], data_dir, told)
    finally:
        headrace("down", "--data-dir", str(data_dir))
        shutil.rmtree(data_dir, ignore_errors=True)
