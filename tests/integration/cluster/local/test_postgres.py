"""The embedded PostgreSQL through starts, crashes and refusals."""

import asyncio
import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from headrace.cluster.local.lock import AlreadyRunning
from headrace.cluster.local.postgres import Postgres
from headrace.cluster.local.postgres_home import PostgresError
from headrace.runtime.settings import Settings

SMALL = {"shared_buffers": "16MB", "wal_buffers": "1MB", "min_wal_size": "80MB"}


async def test_each_test_gets_a_migrated_ledger(settings: Settings) -> None:
    connection = await asyncpg.connect(settings.ledger.database_url)
    try:
        leases = await connection.fetchval("SELECT count(*) FROM leases")
    finally:
        await connection.close()
    assert leases == settings.cell.partitions


async def test_commits_are_durable(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.url)
    try:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await connection.fetchval(f"SHOW {name}") == "on", name
    finally:
        await connection.close()


async def test_url_and_port_lead_to_the_same_server_and_need_the_password(
    postgres: Postgres,
) -> None:
    for url in (postgres.url, postgres.tcp_url):
        connection = await asyncpg.connect(url)
        await connection.close()
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(url, password="wrong")


@pytest.fixture
def data_dir(reachable_dir: Path) -> Path:
    return reachable_dir / "data"


async def _execute(url: str, command: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(command)
    finally:
        await connection.close()


async def test_restart_keeps_data_port_and_password(data_dir: Path) -> None:
    server = Postgres(data_dir, SMALL)
    await server.start()
    first = server.tcp_url
    try:
        await _execute(server.url, "CREATE TABLE kept AS SELECT 42 AS n")
    finally:
        await server.stop()
    again = Postgres(data_dir, SMALL)
    try:
        await again.start()
        assert again.tcp_url == first
        assert await _execute(first, "SELECT n FROM kept") == 42
    finally:
        await again.stop()


async def test_password_is_readable_by_its_owner_alone(data_dir: Path) -> None:
    server = Postgres(data_dir, SMALL)
    await server.start()
    await server.stop()
    assert stat.S_IMODE((data_dir / "postgres.password").stat().st_mode) == 0o600
    assert stat.S_IMODE((data_dir / "postgres").stat().st_mode) == 0o700


async def test_stop_removes_the_socket_folder(data_dir: Path) -> None:
    server = Postgres(data_dir, SMALL)
    await server.start()
    socket_dir = Path(server.url.split("host=")[1].split("&")[0])
    assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    await server.stop()
    assert not socket_dir.exists()


async def test_second_start_in_one_folder_is_refused(data_dir: Path) -> None:
    server = Postgres(data_dir, SMALL)
    await server.start()
    try:
        with pytest.raises(AlreadyRunning) as refused:
            await Postgres(data_dir, SMALL).start()
        assert refused.value.pid == os.getpid()
        assert await _execute(server.url, "SELECT 1") == 1
    finally:
        await server.stop()


STARTS_AND_STAYS = """
import asyncio, sys
from pathlib import Path
from headrace.cluster.local.postgres import Postgres

async def main():
    await Postgres(Path(sys.argv[1])).start()
    print("started", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_server_left_by_a_killed_parent_is_replaced(data_dir: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTS_AND_STAYS, str(data_dir), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    assert await asyncio.wait_for(parent.stdout.readline(), 30) == b"started\n"
    left = psutil.Process(int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0]))
    parent.kill()
    await parent.wait()
    assert left.is_running()
    again = Postgres(data_dir, SMALL)
    try:
        await again.start()
        assert not left.is_running() or left.status() == psutil.STATUS_ZOMBIE
        assert await _execute(again.url, "SELECT 1") == 1
    finally:
        await again.stop()


async def test_killed_server_recovers_what_was_committed(data_dir: Path) -> None:
    server = Postgres(data_dir, SMALL)
    await server.start()
    await _execute(server.url, "CREATE TABLE kept AS SELECT 42 AS n")
    os.kill(server.pid, signal.SIGKILL)
    await asyncio.wait_for(server.wait(), 10)
    assert (data_dir / "postgres" / "postmaster.pid").exists()
    await server.stop()
    again = Postgres(data_dir, SMALL)
    try:
        await again.start()
        assert await _execute(again.url, "SELECT n FROM kept") == 42
    finally:
        await again.stop()


async def test_stale_pid_file_naming_a_living_stranger_is_no_obstacle(data_dir: Path) -> None:
    server = Postgres(data_dir, SMALL)
    await server.start()
    pid_file = data_dir / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    await server.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    again = Postgres(data_dir, SMALL)
    try:
        await again.start()
    finally:
        await again.stop()


async def test_data_of_another_major_version_is_refused_untouched(data_dir: Path) -> None:
    server = Postgres(data_dir, SMALL)
    await server.start()
    await server.stop()
    version = data_dir / "postgres" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(PostgresError, match="made by PostgreSQL 17"):
        await Postgres(data_dir, SMALL).start()
    assert version.read_text() == "17\n"


async def test_failing_start_tells_what_postgresql_said(data_dir: Path) -> None:
    with pytest.raises(PostgresError, match="nonsense"):
        await Postgres(data_dir, {"shared_buffers": "nonsense"}).start()
    server = Postgres(data_dir, SMALL)  # and leaves nothing in the way of the next
    try:
        await server.start()
    finally:
        await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as another user")
class TestStartedByRoot:
    async def test_runs_as_an_unprivileged_user(self, data_dir: Path) -> None:
        server = Postgres(data_dir, SMALL)
        await server.start()
        try:
            assert Path(f"/proc/{server.pid}").stat().st_uid != 0
        finally:
            await server.stop()

    async def test_folder_nobody_can_reach_keeps_its_cluster_elsewhere(
        self, data_dir: Path
    ) -> None:
        data_dir.mkdir(mode=0o700)
        server = Postgres(data_dir, SMALL)
        try:
            await server.start()
            await _execute(server.url, "CREATE TABLE kept AS SELECT 42 AS n")
            await server.stop()
            assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
            cluster = (data_dir / "postgres").readlink()
            assert cluster.is_relative_to("/var/lib/headrace")
            await server.start()
            assert await _execute(server.url, "SELECT n FROM kept") == 42
        finally:
            await server.stop()
            _remove_linked_cluster(data_dir)


def _remove_linked_cluster(data_dir: Path) -> None:
    link = data_dir / "postgres"
    if link.is_symlink():
        shutil.rmtree(link.readlink().parent)


async def test_a_start_given_up_while_the_cluster_is_made_leaves_nothing_running(
    data_dir: Path,
) -> None:
    starting = asyncio.create_task(Postgres(data_dir, SMALL).start())
    while not any((data_dir / "postgres.making").glob("*")):
        await asyncio.sleep(0.01)
    children = psutil.Process().children(recursive=True)
    making = [child for child in children if str(data_dir) in " ".join(child.cmdline())]
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert making
    assert not [child for child in making if child.is_running()]
