"""A platform in a shell full of settings for other programs, on a machine that tidies its /tmp.

One start tells it all: the variables of issue-like reports at once, /tmp noexec where this process
may mount one, everything taken from /tmp while it runs, its parts killed, and the terminal closed.
"""

import contextlib
import fcntl
import json
import os
import pty
import shutil
import subprocess
import sys
import tempfile
import termios
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from headrace.cluster.local import state
from headrace.cluster.local.ports import free_ports

WITHIN_S = 180.0
POLL_S = 0.2
SHELL = {
    "PGSSLMODE": "verify-full", "PGSSLNEGOTIATION": "direct", "PGTARGETSESSIONATTRS": "standby",
    "PGGSSLIB": "nonsense", "PGPORT": "5432,5433", "PGHOST": "nowhere.invalid", "PGUSER": "cloud",
    "PGSERVICE": "nowhere", "PGSERVICEFILE": "/nowhere", "PGPASSFILE": "/nowhere",
    "PGSSLROOTCERT": "/nowhere", "PGSSLCERT": "/nowhere", "PGOPTIONS": "nonsense",
    "RAY_ADDRESS": "192.0.2.1:6379", "RAY_TMPDIR": "/nowhere", "RAY_AUTH_MODE": "disabled",
    "RAY_raylet_start_wait_time_s": "1", "RAY_SERVE_ENABLE_HA_PROXY": "0",
    "RAY_SERVE_HAPROXY_BINARY_PATH": "/nowhere", "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": "x.y",
    "PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "0", "PYTHONUTF8": "0",
    "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9",
    "all_proxy": "http://127.0.0.1:9", "no_proxy": "intranet", "grpc_proxy": "http://127.0.0.1:9",
    "GRPC_VERBOSITY": "debug", "WEB_CONCURRENCY": "nonsense", "FORWARDED_ALLOW_IPS": "*",
    "SSLKEYLOGFILE": "/nowhere/keys", "SSL_CERT_FILE": "/nowhere", "OPENSSL_CONF": "/nowhere",
    "LD_PRELOAD": "/nowhere.so", "LC_ALL": "de_DE.ISO-8859-1", "LANG": "C", "TZ": "Asia/Tokyo",
    "TMPDIR": "/nowhere", "HOME": "/proc", "XDG_CACHE_HOME": "/proc", "NOTIFY_SOCKET": "/nowhere",
}  # fmt: skip
NOEXEC = "mount -t tmpfs -o noexec,mode=1777 tmpfs /tmp && exec "
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a terminal and mounts as on Linux")


def own_tmp(command: list[str]) -> list[str]:
    """The command with a /tmp of its own that is noexec, where that may be mounted."""
    wrapped = ["unshare", "--mount", "sh", "-c", f'{NOEXEC}"$@"', "sh"]
    needs_tmp = Path(sys.prefix).is_relative_to("/tmp")
    with contextlib.suppress(OSError):
        if (
            not needs_tmp
            and subprocess.run([*wrapped, "true"], capture_output=True).returncode == 0
        ):
            return [*wrapped, *command]
    return command


class Terminal:
    """`headrace up` in a terminal of its own, in the shell described above."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._master, slave = pty.openpty()
        (port,) = free_ports(1)
        command = [sys.executable, "-m", "headrace.cluster.cli", "up", "--json"]
        command += ["--data-dir", str(data_dir), "--port", str(port)]
        self.log = (data_dir.parent / "said").open("w+b")
        self.process = subprocess.Popen(
            own_tmp(command), stdin=slave, stdout=self.log, stderr=self.log,
            start_new_session=True, umask=0, env={**os.environ, **SHELL},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)

    def said(self) -> str:
        return (self.data_dir.parent / "said").read_text(errors="replace")

    def state(self) -> state.State:
        told = state.read(self.data_dir)
        assert told is not None
        return told

    def processes(self) -> list[psutil.Process]:
        roots = [self.process.pid, *(pid for pids in self.state().parts.values() for pid in pids)]
        found = set[psutil.Process]()
        for root in roots:
            with contextlib.suppress(psutil.NoSuchProcess):
                found |= {psutil.Process(root), *psutil.Process(root).children(recursive=True)}
        return list(found)

    def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not reached():
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, self.said()
            time.sleep(POLL_S)

    def is_ready(self) -> bool:
        told = state.read(self.data_dir)
        return told is not None and told.is_ready and (self.data_dir / "credentials.json").exists()

    def pays(self) -> bool:
        """A new payment between accounts of its own."""
        name = uuid.uuid4().hex[:8]
        keys = json.loads((self.data_dir / "credentials.json").read_text())
        headers = {"Authorization": f"Bearer {keys['api_key']}", "Idempotency-Key": name}
        debtor = {"id": f"d{name}", "currency": "EUR", "opening_deposit": 100}
        payment = {"debtor": f"d{name}", "creditor": f"c{name}", "amount": 7, "currency": "EUR"}
        try:
            with httpx.Client(
                base_url=keys["url"], headers=headers, timeout=10, trust_env=False
            ) as http:
                accounts = [debtor, {"id": f"c{name}", "currency": "EUR"}]
                if not http.post("/v1/account-batches", json=accounts).is_success:
                    return False
                return http.post("/v1/payments", json=payment).status_code == 201
        except httpx.TransportError:
            return False

    def tidy_tmp(self) -> int:
        """Takes all that is the platform's from its /tmp; how much there was."""
        tmp = Path(f"/proc/{self.process.pid}/root/tmp")
        ours = str(self.data_dir.parent)
        found = [p for p in tmp.iterdir() if p.is_symlink() and ours in os.readlink(p)]
        if not os.path.samefile(tmp, "/tmp"):
            assert found == list(tmp.iterdir()), "nothing but short names is in its /tmp"
        for path in found:
            path.unlink()
        return len(found)

    def close(self) -> None:
        """As a window is closed: the kernel sends SIGHUP to the session."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    folder = Path(tempfile.mkdtemp(prefix="headrace-hostile-", dir="/var/tmp"))
    folder.chmod(0o711)
    started = Terminal(folder / "data")
    yield started
    started.close()
    try:
        started.process.wait(WITHIN_S)
    finally:
        started.log.close()
        down = [sys.executable, "-m", "headrace.cluster.cli", "down", "--data-dir"]
        subprocess.run([*down, str(started.data_dir)], timeout=WITHIN_S, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def kill(processes: list[psutil.Process], *starts: str) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            names = (process.name(), " ".join(process.cmdline()))
            if any(name.startswith(start) for start in starts for name in names):
                process.kill()


def test_a_hostile_shell_a_tidied_tmp_and_a_closed_terminal(terminal: Terminal) -> None:
    terminal.until(terminal.is_ready)
    assert "Traceback" not in terminal.said()
    terminal.until(terminal.pays)
    loose = [path for path in terminal.data_dir.rglob("*")
             if not path.is_symlink() and path.parent == terminal.data_dir
             and path.stat().st_mode & 0o077]  # fmt: skip
    assert loose == [], "whatever the umask is"

    assert terminal.tidy_tmp() == 2
    kill(terminal.processes(), "haproxy", "ray::PartitionProcess")
    os.kill(terminal.state().parts["PostgreSQL"][0], 9)
    terminal.until(terminal.pays)

    running = terminal.processes()
    assert len(running) > 10
    terminal.close()
    assert terminal.process.wait(WITHIN_S) == 0, terminal.said()
    _, left = psutil.wait_procs(running, WITHIN_S)
    assert [process for process in left if process.status() != psutil.STATUS_ZOMBIE] == []
    assert terminal.state().phase == state.STOPPED
    log = (terminal.data_dir / "postgres.log").read_text()
    assert log.rstrip().endswith("database system is shut down")
