"""What systemd-tmpfiles took from /tmp ended the platform's answers for good; status said ready.

HAProxy's wrapper and pages stood there for as long as the platform ran, and with /tmp noexec it
could not start at all. Siblings looked for:

| door | what is taken | |
|---|---|---|
| HAProxy started again | its wrapper, pages, settings | found: they are in the data directory now |
| PostgreSQL, new connections | the folder of its socket | found: no way back but a restart |
| workers started anew | Ray's sockets, session folder | found: the same |
| Ray, Serve, Python | TMPDIR | found: files of parts, now in the data directory, too |
| up | /tmp, or the data directory, is noexec | found: the second is said in a sentence |
| up | a data directory with a long path, blanks, no ASCII | clean: sockets' paths are short |
| up | /tmp can't be written | found: there was no other place |
| up | links that a killed platform left, or that are taken by others | clean |
| verify and others that start PostgreSQL | the folder of its socket | found |

Taken from a whole platform: tests/acceptance/test_a_hostile_machine.py.
"""

import os
import stat
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
import pytest_asyncio

from headrace.cluster.local import haproxy, run_folder, short_path
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.part import Part
from headrace.cluster.local.platform import Platform
from headrace.cluster.local.ports import free_ports
from headrace.cluster.local.postgres import Postgres
from headrace.cluster.local.ray_parts import Ray
from headrace.cluster.local.short_path import PLACES, ShortPath, links_to
from headrace.runtime.database.connect import connect
from headrace.runtime.settings import Settings

SOCKET_BYTES_MAX = 107
LONG = "a folder with ümläuts, blanks and a name that is longer than a socket's path may be" * 2


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / LONG
    folder.mkdir()
    return folder


def test_a_short_path_leads_to_a_long_one_and_is_made_again(run: Path) -> None:
    short = ShortPath(run)
    assert len(str(short.path)) + len(f"/{'n' * 56}/metrics.sock") <= SOCKET_BYTES_MAX
    (run / "file").write_text("here")
    for _ in range(2):
        assert (short.path / "file").read_text() == "here"
        short.path.unlink()
        short.restore()
    short.restore()
    short.remove()
    assert links_to(run) == []


def test_what_a_killed_platform_left_is_taken_away_by_the_next(run: Path) -> None:
    lost = [ShortPath(run), ShortPath(run)][0].path
    assert len(links_to(run)) == 1
    assert lost not in links_to(run)
    run_folder.remove_links_to(run)
    assert links_to(run) == []


def test_a_part_that_was_quicker_is_no_obstacle(run: Path) -> None:
    """Serve makes the folders of what it starts; what it finds when it tries again is the run's."""
    short = ShortPath(run)
    short.path.unlink()
    (short.path / "node").mkdir(parents=True)
    short.restore()
    assert short.path.readlink() == run
    assert not (run / "node").exists()
    short.remove()


def test_a_name_that_others_took_ends_it_with_a_sentence(run: Path, tmp_path: Path) -> None:
    short = ShortPath(run)
    short.path.unlink()
    short.path.symlink_to(tmp_path)
    try:
        with pytest.raises(PlatformError, match="was removed and can't be made again"):
            short.restore()
        short.remove()
        assert short.path.readlink() == tmp_path, "it isn't ours"
        assert tmp_path.exists()
    finally:
        short.path.unlink()


def temporary() -> set[Path]:
    return {path for place in PLACES for path in place.glob("headrace-*")}


def test_where_tmp_cannot_be_written_another_place_is_taken(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short_path, "PLACES", (Path("/proc"), *PLACES[1:]))
    short = ShortPath(run)
    assert short.path.parent == PLACES[1]
    short.remove()
    monkeypatch.setattr(short_path, "PLACES", (Path("/proc"),))
    with pytest.raises(OSError, match="No such file or directory"):
        ShortPath(run)


class Nothing(Part):
    name = "nothing"
    phase = "starting nothing"


async def test_all_that_a_run_needs_is_in_its_data_directory(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    before = temporary()
    platform = Platform(tmp_path, port, Settings(), lambda phase: None, [Nothing])
    await platform.start()
    assert platform._site is not None
    assert (tmp_path / "run").samefile(platform._site.run.path)
    assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
    ours = {path for path in temporary() - before if path.resolve().is_relative_to(tmp_path)}
    assert ours == {platform._site.run.path}
    await platform.stop()
    assert not (tmp_path / "run").exists()
    assert not os.path.lexists(platform._site.run.path)


@pytest_asyncio.fixture
async def server(reachable_dir: Path) -> AsyncIterator[Postgres]:
    postgres = Postgres(reachable_dir / "data", {"shared_buffers": "16MB", "min_wal_size": "80MB"})
    await postgres.start()
    try:
        yield postgres
    finally:
        await postgres.stop()


async def test_the_way_to_postgresql_is_made_again_without_a_restart(server: Postgres) -> None:
    ledger, pid = Settings(database_url=server.url).ledger, server.pid
    (way,) = [path for path in temporary() if f"host={path}&" in server.url]
    way.unlink()
    with pytest.raises(OSError, match="No such file or directory"):
        await connect(ledger)
    server.restore()
    connection = await connect(ledger)
    await connection.close()
    assert server.pid == pid


def test_a_folder_from_which_nothing_may_be_run_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As access(2) tells of a file system that is noexec; mounting one takes root."""
    granted = os.access

    def access(path: Path, mode: int) -> bool:
        noexec = mode == os.X_OK and Path(path).is_relative_to(tmp_path)
        return not noexec and granted(path, mode)

    monkeypatch.setattr(os, "access", access)
    with pytest.raises(PlatformError, match="noexec"):
        haproxy.write_wrapper(tmp_path, Settings())


async def test_processes_of_a_run_are_ended_and_a_look_around_is_not(tmp_path: Path) -> None:
    """Whoever reads Ray's logs, with a shell in their folder, is none of ours."""
    run_folder.make(tmp_path)
    logs = tmp_path / "run" / "logs"
    logs.mkdir()
    folders = (run_folder.work_dir(tmp_path), logs)
    ours, theirs = (subprocess.Popen(["sleep", "600"], cwd=folder) for folder in folders)  # noqa: ASYNC220  # begun once, nothing else runs
    at_work = psutil.Process(ours.pid)
    await run_folder.end_leftovers(tmp_path)
    assert not at_work.is_running() or at_work.status() == psutil.STATUS_ZOMBIE
    assert theirs.poll() is None
    theirs.kill()
    for process in (ours, theirs):
        process.wait()


class Living:
    """A node that nothing happened to."""

    def dead(self) -> str:
        return ""


async def test_what_cannot_be_brought_back_ends_the_platform(tmp_path: Path) -> None:
    """With a sentence, instead of answers that never come again."""
    (port,) = free_ports(1)
    platform = Platform(tmp_path, port, Settings(), lambda phase: None, [Nothing])
    await platform.start()
    site = platform._site
    assert site is not None
    part = Ray(site)
    site.ray = Living()  # type: ignore[assignment]  # all that is asked of it here
    part._needed = [haproxy.write_wrapper(site.run.path, Settings()).resolve()]
    await part.tend()
    site.run.path.unlink()
    await part.tend()
    assert site.run.path.is_symlink()
    part._needed[0].unlink()
    with pytest.raises(PlatformError, match=r"haproxy-of-headrace was removed; start again"):
        await part.tend()
    site.ray = None
    await platform.stop()
