"""A platform started by the command line: what it tells, where it listens, how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from headrace.actors.followers import FOLLOWERS
from headrace.runtime.metrics.followers import FOLLOWER
from headrace.runtime.metrics.registry import AREAS

HEADRACE = [sys.executable, "-m", "headrace.cluster.cli"]
END_TIMEOUT_S = 60.0


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*HEADRACE, *arguments], capture_output=True, text=True, timeout=180)


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    told = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(told, dict)
    return told


class TestRunning:
    def test_everything_that_is_printed_answers(self, platform: Any) -> None:
        for name in ("docs_url", "dashboard_url"):
            assert httpx.get(platform.told[name], timeout=10).status_code == 200, name
        for path in ("/healthz", "/readyz", "/openapi.json", "/metrics"):
            assert httpx.get(platform.url + path, timeout=10).status_code == 200, path

    def test_what_every_area_counts_reaches_the_metrics(self, platform: Any) -> None:
        told = httpx.get(f"{platform.url}/metrics", timeout=10).text
        of_nobody = () if FOLLOWERS else (FOLLOWER,)
        for area in [area for area in AREAS if area not in of_nobody]:
            for name in area.names():
                assert f"# TYPE {name} " in told, name

    def test_printed_curl_line_pays_each_time_it_is_pasted(self, platform: Any) -> None:
        told = run("up", "--detach", "--data-dir", str(platform.data_dir)).stdout
        (line,) = [line for line in told.splitlines() if line.startswith("curl ")]
        ids = set()
        for _ in range(2):
            done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=30)
            payment = json.loads(done.stdout)
            assert payment["status"] in ("authorized", "settled"), payment
            ids.add(payment["id"])
        assert len(ids) == 2

    def test_starting_what_runs_changes_nothing(self, platform: Any) -> None:
        again = answer(run("up", "--detach", "--json", "--data-dir", str(platform.data_dir)))
        assert again["pid"] == platform.told["pid"]
        refused = run("up", "--json", "--data-dir", str(platform.data_dir), "--port", "1")
        assert refused.returncode == 1
        assert "already" in refused.stderr

    def test_a_taken_port_is_refused_before_anything_starts(
        self, platform: Any, reachable_dir: Path
    ) -> None:
        port = platform.url.rsplit(":", 1)[1]
        refused = run("up", "--data-dir", str(reachable_dir / "other"), "--port", port)
        assert refused.returncode == 1
        assert f"port {port} is in use" in refused.stderr
        assert not (reachable_dir / "other" / "postgres").exists()

    def test_status_names_the_parts_and_their_memory(self, platform: Any) -> None:
        told = answer(run("status", "--json", "--data-dir", str(platform.data_dir)))
        parts = {process["part"] for process in told["processes"]}
        assert {"platform", "PostgreSQL", "Ray", "Serve", "HAProxy", "gateway", "risk"} <= parts
        assert all(process["memory_mb"] > 0 for process in told["processes"])
        shown = run("status", "--data-dir", str(platform.data_dir)).stdout
        assert "PostgreSQL" in shown
        assert platform.url in shown

    def test_listens_on_loopback_alone(self, platform: Any, processes_of: Any) -> None:
        """But for Serve's call server in each replica, which asks for the platform's token."""
        exposed = []
        for process in processes_of(platform.data_dir):
            for connection in process.net_connections("tcp"):
                if connection.status != psutil.CONN_LISTEN:
                    continue
                address = ip_address(connection.laddr.ip)
                if not (address.is_loopback or getattr(address, "ipv4_mapped", None)):
                    exposed.append(process.cmdline()[0])
        assert all(name.startswith("ray::ServeReplica:") for name in exposed), exposed

    def test_secrets_are_readable_by_their_owner_alone(self, platform: Any) -> None:
        for name in ("credentials.json", "ray.token", "postgres.password", "platform.json"):
            assert (platform.data_dir / name).stat().st_mode & 0o077 == 0, name

    def test_command_lines_and_logs_hold_no_secret(self, platform: Any, processes_of: Any) -> None:
        names = ("ray.token", "postgres.password")
        secrets = [(platform.data_dir / name).read_text().strip() for name in names]
        secrets += [platform.api_key, platform.operator_key]
        for process in processes_of(platform.data_dir):
            command = " ".join(process.cmdline())
            assert not [secret for secret in secrets if secret in command]
        for log in platform.data_dir.glob("*.log"):
            text = log.read_text(errors="replace")
            assert not [secret for secret in secrets if secret in text], log


@pytest.fixture
def attached(reachable_dir: Path, free_port: int) -> Iterator["Attached"]:
    """`headrace up` in the foreground of a terminal of its own."""
    shell = Attached(reachable_dir / "data", free_port)
    yield shell
    shell.end()


class Attached:
    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        command = ["up", "--json", "--data-dir", str(self.data_dir), "--port", str(self.port)]
        self._process = subprocess.Popen(
            [*HEADRACE, *command, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self._process

    def up(self, *arguments: str) -> dict[str, Any]:
        process = self.begin(*arguments)
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        told = json.loads(line)
        assert isinstance(told, dict)
        return told

    def key(self) -> str:
        return str(json.loads((self.data_dir / "credentials.json").read_text())["api_key"])

    def press_ctrl_c(self) -> int:
        """As a terminal does: to the whole foreground group."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(END_TIMEOUT_S)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(END_TIMEOUT_S)

    def end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(END_TIMEOUT_S)
        run("down", "--data-dir", str(self.data_dir))


def test_killed_and_started_again_beside_another(
    platform: Any, attached: Attached, pay: Any, processes_of: Any, assert_all_end: Any
) -> None:
    """SIGKILL, a new start, Ctrl-C: every payment stays, no process does, the other runs on."""
    first = attached.up("--play", "300")
    assert first["played"]["submitted"] == 300
    paid = pay(first["url"], attached.key())
    before = processes_of(attached.data_dir)
    attached.kill()
    down = run("status", "--json", "--data-dir", str(attached.data_dir))
    assert (down.returncode, answer(down)["running"]) == (1, False)

    second = attached.up()
    assert_all_end(before)
    assert second["url"] == first["url"]
    headers = {"Authorization": f"Bearer {attached.key()}"}
    with httpx.Client(base_url=second["url"], headers=headers, timeout=30) as http:
        found = http.get(f"/v1/payments/{paid['id']}").json()
        assert found == paid
        again = http.post(
            "/v1/payments",
            headers={"Idempotency-Key": paid["idempotency_key"]},
            json={
                name: paid[name]
                for name in ("debtor", "creditor", "amount", "currency", "reference")
            },
        )
        assert again.json()["id"] == paid["id"]
        assert again.headers["Idempotent-Replayed"] == "true"
    _kill_postgresql(attached.data_dir)
    assert _pay_again(second["url"], headers, paid)["status"] in ("authorized", "settled")
    books = answer(run("verify", "--json", "--data-dir", str(attached.data_dir)))
    assert books["result"] == "pass"
    assert pay(platform.url, platform.api_key)["status"] == "settled"

    running = processes_of(attached.data_dir)
    begun = time.monotonic()
    assert attached.press_ctrl_c() == 0
    assert time.monotonic() - begun < 30
    assert_all_end(running)
    assert not Path(second["data_dir"], "postgres", "postmaster.pid").exists()
    assert httpx.get(f"{platform.url}/readyz", timeout=10).status_code == 200


def _kill_postgresql(data_dir: Path) -> None:
    (postmaster,) = json.loads((data_dir / "platform.json").read_text())["parts"]["PostgreSQL"]
    os.kill(postmaster, signal.SIGKILL)


def _pay_again(url: str, headers: dict[str, str], paid: dict[str, Any]) -> dict[str, Any]:
    """As an integrator does: the same key until the answer isn't "try again"."""
    fields = ("debtor", "creditor", "amount", "currency")
    deadline = time.monotonic() + END_TIMEOUT_S
    with httpx.Client(base_url=url, headers=headers, timeout=30) as http:
        while True:
            answer = http.post(
                "/v1/payments",
                headers={"Idempotency-Key": f"again-{paid['id']}"},
                json={name: paid[name] for name in fields},
            )
            if answer.status_code == 201:
                payment: dict[str, Any] = answer.json()
                return payment
            assert answer.status_code in (429, 500, 503), answer.text
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_down_without_a_platform_is_no_error(reachable_dir: Path) -> None:
    told = answer(run("down", "--json", "--data-dir", str(reachable_dir)))
    assert told["stopped"] is False
