import os
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.cluster.local.lock import AlreadyRunning, Lock, holder

HOLDS_AND_IS_KILLED = """
import os, signal, sys
from pathlib import Path
from headrace.cluster.local.lock import Lock
Lock(Path(sys.argv[1])).acquire()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_second_holder_is_refused_and_told_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = Lock(path)
    first.acquire()
    with pytest.raises(AlreadyRunning) as refused:
        Lock(path).acquire()
    assert refused.value.pid == os.getpid()
    assert holder(path) == os.getpid()
    first.release()
    assert holder(path) is None
    Lock(path).acquire()


def test_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    killed = subprocess.run([sys.executable, "-c", HOLDS_AND_IS_KILLED, str(path)], timeout=120)
    assert killed.returncode == -9
    assert path.read_text().strip().isdigit()
    assert holder(path) is None


def test_asking_who_holds_it_makes_no_file(tmp_path: Path) -> None:
    assert holder(tmp_path / "lock") is None
    assert list(tmp_path.iterdir()) == []
