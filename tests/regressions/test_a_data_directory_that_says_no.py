"""A data directory that can't be used ended `up`, `down` and `status` in tracebacks.

Siblings looked for; each is a failure with a sentence that names the file and what is wrong:

| door | input | |
|---|---|---|
| up, down, status | below a file, in /proc, a name too long, links in a circle | found |
| up, down, status | lock or platform.json is a folder, or unreadable | found |
| up | no room for the lock, the state, the log | found; and the lock stayed held |
| up | postgres/ is a file, or holds something else | found: initdb first, then Errno 39 |
| up, commands | postgres.port or postgres.password is no such thing | found: ValueError |
| up, down, status | credentials.json holds something else | found: ValidationError |
| verify, migrate | the same data directories | found |
| up | a standard stream is closed | found: parts wrote into the file that had its number |
| down | the platform is another user's | found: PermissionError |
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from headrace.cluster.cli.failures import Failure
from headrace.cluster.cli.main import app
from headrace.cluster.cli.on_this_machine import failures
from headrace.cluster.cli.up import _Up
from headrace.cluster.local import credentials, state
from headrace.cluster.local.lock import Lock, holder
from headrace.cluster.local.ports import free_ports


def below_a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "data"


def in_a_circle(folder: Path) -> Path:
    (folder / "one").symlink_to(folder / "other")
    (folder / "other").symlink_to(folder / "one")
    return folder / "one" / "data"


def with_a_folder(name: str, folder: Path) -> Path:
    (folder / name).mkdir()
    return folder


CANNOT_BE = {
    "below a file": (below_a_file, "Not a directory"),
    "in /proc": (lambda folder: Path("/proc/headrace"), "No such file or directory"),
    "a name too long": (lambda folder: folder / ("x" * 300), "File name too long"),
    "in a circle": (in_a_circle, "Too many levels of symbolic links"),
    "lock is a folder": (lambda folder: with_a_folder("lock", folder), "lock: Is a directory"),
    "platform.json is a folder": (
        lambda folder: with_a_folder(state.FILE, folder), "platform.json: Is a directory"
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


async def refused(data_dir: Path) -> str:
    """What `headrace up` says, in this process."""
    up = _Up(data_dir, free_ports(1)[0], None, None, 0, as_json=True)
    with pytest.raises(Failure) as told:
        await up.run()
    await up.stop()
    assert "\n" not in told.value.message
    return told.value.message


@pytest.mark.parametrize("what", CANNOT_BE)
async def test_up_says_why_it_cannot_be(what: str, tmp_path: Path) -> None:
    make, said = CANNOT_BE[what]
    assert said in await refused(make(tmp_path))


@pytest.mark.parametrize("command", ["down", "status", "verify", "migrate"])
@pytest.mark.parametrize("what", CANNOT_BE)
def test_other_commands_say_so(
    command: str, what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADRACE_DATABASE_URL", raising=False)
    make, _ = CANNOT_BE[what]
    done = CliRunner().invoke(app, [command, "--data-dir", str(make(tmp_path)), "--json"])
    assert isinstance(done.exception, SystemExit | None), repr(done.exception)
    assert done.exit_code in (0, 1, 2)
    assert done.exit_code or command == "down", "none ran there, which is what was wanted"
    assert "Traceback" not in done.output


@contextmanager
def no_room() -> Iterator[None]:
    """As on a full disk, but for this process alone: no file may have a byte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_no_room_is_said_and_nothing_stays_held(tmp_path: Path) -> None:
    with no_room():
        assert "File too large" in await refused(tmp_path)
    assert holder(tmp_path / "lock") is None
    Lock(tmp_path / "lock").acquire()


FOREIGN = {
    "a file": lambda folder: (folder / "postgres").write_text("x"),
    "other files": lambda folder: (folder / "postgres" / "photos").mkdir(parents=True),
}


@pytest.mark.parametrize("what", FOREIGN)
async def test_what_is_no_cluster_is_left_alone(what: str, reachable_dir: Path) -> None:
    FOREIGN[what](reachable_dir)
    if os.geteuid() == 0:
        os.chown(reachable_dir / "postgres", 65534, 65534)
    assert "no cluster of PostgreSQL's" in await refused(reachable_dir)
    assert (reachable_dir / "postgres").exists()
    assert not (reachable_dir / "postgres.making").exists()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"url": 7}'])
def test_a_file_that_holds_no_keys_is_named(content: str, tmp_path: Path) -> None:
    file = tmp_path / credentials.FILE
    file.write_text(content)
    with pytest.raises(Failure, match=r"credentials\.json holds no keys"), failures():
        credentials.read(tmp_path)
    assert file.read_text() == content


@pytest.mark.parametrize("name", ["postgres.password", "postgres.port"])
def test_half_of_what_leads_to_the_database_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a platform that runs, so to speak: its PostgreSQL is held."""
    monkeypatch.delenv("HEADRACE_DATABASE_URL", raising=False)
    for each in ("postgres.password", "postgres.port"):
        (tmp_path / each).write_text("x")
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    lock = Lock(tmp_path / "postgres.lock")
    lock.acquire()
    done = CliRunner().invoke(app, ["verify", "--data-dir", str(tmp_path), "--json"])
    lock.release()
    assert done.exit_code in (1, 2), repr(done.exception)
    assert name in done.output


CLOSES_AND_STARTS = """
import os, sys
for number in (0, 1, 2):
    os.close(number)
from headrace.cluster.cli.up import _open_streams
_open_streams()
taken = [os.readlink(f"/proc/self/fd/{n}") for n in (0, 1, 2)]
os._exit(0 if taken == ["/dev/null"] * 3 else 1)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_no_file_of_ours_gets_the_number_of_a_closed_stream() -> None:
    assert subprocess.run([sys.executable, "-c", CLOSES_AND_STARTS], timeout=60).returncode == 0
