import os
import subprocess
from pathlib import Path

from headrace.cluster.local import processes, state
from headrace.cluster.local.state import READY, State


def test_state_is_read_as_written_and_only_by_its_owner(tmp_path: Path) -> None:
    told = State(pid=1, process="2 b", phase=READY, url="http://127.0.0.1:8080", parts={"x": [3]})
    state.write(tmp_path, told)
    assert state.read(tmp_path) == told
    assert told.is_ready
    assert [(p.name, p.stat().st_mode & 0o777) for p in tmp_path.iterdir()] == [(state.FILE, 0o600)]


def test_no_state_and_a_torn_one_are_none(tmp_path: Path) -> None:
    assert state.read(tmp_path) is None
    (tmp_path / state.FILE).write_text('{"pid": 1, "sta')
    assert state.read(tmp_path) is None


def test_data_dir_is_closed_to_others_but_roots_can_be_passed(tmp_path: Path) -> None:
    state.make_data_dir(tmp_path / "a" / "b")
    mode = (tmp_path / "a" / "b").stat().st_mode & 0o777
    assert mode == (0o711 if os.geteuid() == 0 else 0o700)


def test_one_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    state.make_data_dir(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o750


def test_a_pid_used_again_is_another_process() -> None:
    first = subprocess.Popen(["sleep", "60"])
    before = processes.identity(first.pid)
    assert before not in ("", processes.identity(os.getpid()))
    assert processes.identity(first.pid) == before
    first.kill()
    os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
    assert processes.identity(first.pid) == "", "it ended, though nobody looked yet"
    first.wait()
    assert processes.identity(first.pid) == ""


def test_private_files_are_so_whatever_the_umask_is(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.touch(0o666)
    before = os.umask(0)
    try:
        state.open_private(file, "wb").close()
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
