"""While a platform comes up, loses its parts and goes down, each HTTP answer is one of its own.

A client takes a 404 for "refused": one from whatever stands in the gateway's place would make it
forget a payment that was made. No connection is fine; so is a problem with a stable code.
"""

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import psutil
import pytest

from headrace.cluster.local import state
from headrace.cluster.local.processes import running_in

REQUESTS = (
    ("GET", "/v1/accounts"),
    ("GET", "/v1/payments/unknown"),
    ("POST", "/v1/payments"),
    ("POST", "/v1/payment-batches"),
    ("GET", "/docs"),
)
PAUSE_S = 0.01
BACK_WITHIN_S = 40.0
ANSWERS_LEAST = 1_000
KILLED = (
    ("haproxy",),
    ("ray::ServeReplica:headrace:gateway",),
    ("ray::ServeController", "ray::HAProxyManager", "ray::ProxyActor", "haproxy"),
)
"""Together, one after the other: what the command line or the name of a process begins with."""
NO_ANSWER = "no answer"


class Crowd:
    """Asks without end, each request on a connection of its own, and counts what came."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.headers: dict[str, str] = {}
        self.answers: Counter[str] = Counter()
        self.foreign: Counter[str] = Counter()

    async def ask(self, method: str, path: str) -> None:
        while True:
            async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
                with contextlib.suppress(httpx.TransportError):
                    while True:
                        content = b"{}" if method == "POST" else None
                        self.count(
                            path,
                            await http.request(
                                method, self.url + path, headers=self.headers, content=content
                            ),
                        )
                        await asyncio.sleep(PAUSE_S)
            self.answers[NO_ANSWER] += 1
            await asyncio.sleep(PAUSE_S)

    def count(self, path: str, answer: httpx.Response) -> None:
        if answer.status_code < 400:
            self.answers[str(answer.status_code)] += 1
            return
        media = answer.headers.get("content-type", "")
        problem = answer.json() if media == "application/problem+json" else {}
        kind = f"{answer.status_code} {problem.get('code', media)}"
        self.answers[kind] += 1
        late = answer.status_code in (429, 503) and "retry-after" not in answer.headers
        if problem.get("status") != answer.status_code or "code" not in problem or late:
            self.foreign[f"{path}: {kind}: {answer.text[:80]}"] += 1


def headrace(*arguments: str) -> None:
    """Runs a command to its end."""
    command = [sys.executable, "-m", "headrace.cluster.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr + done.stdout


async def _until_ready(url: str) -> None:
    deadline = time.monotonic() + BACK_WITHIN_S
    async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await http.get(f"{url}/readyz")).status_code == 200:
                    return
            assert time.monotonic() < deadline, "the platform does not come back"
            await asyncio.sleep(0.05)


def _called(runtime_dir: Path, names: tuple[str, ...]) -> dict[psutil.Process, str]:
    """The platform's processes of these names, each with its own."""
    found = {}
    for process in running_in(runtime_dir):
        with contextlib.suppress(psutil.Error):
            title = " ".join(process.cmdline())
            for name in names:
                if process.name() == name or title.startswith(name):
                    found[process] = name
    return found


def _kill(runtime_dir: Path, names: tuple[str, ...]) -> dict[psutil.Process, str]:
    """What was killed."""
    killed = _called(runtime_dir, names)
    for process in killed:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    return killed


async def _until_replaced(runtime_dir: Path, killed: dict[psutil.Process, str]) -> None:
    """Until what was killed has gone and each name has another process."""
    names, deadline = tuple(set(killed.values())), time.monotonic() + BACK_WITHIN_S
    while True:
        now = await asyncio.to_thread(_called, runtime_dir, names)
        missing = set(names) - {name for process, name in now.items() if process not in killed}
        if not missing and not now.keys() & killed.keys():
            return
        assert time.monotonic() < deadline, f"nothing takes the place of {missing}"
        await asyncio.sleep(0.05)


async def test_a_bare_404_while_parts_come_and_go(
    reachable_dir: Path, free_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    data_dir, url = reachable_dir / "data", f"http://127.0.0.1:{free_port}"
    options = ("--data-dir", str(data_dir))
    crowd = Crowd(url)
    asking = [asyncio.create_task(crowd.ask(*request)) for request in REQUESTS]
    try:
        await asyncio.to_thread(headrace, "up", "--detach", *options, "--port", str(free_port))
        keys = json.loads((data_dir / "credentials.json").read_text())
        crowd.headers = {"Authorization": f"Bearer {keys['api_key']}"}
        told = state.read(data_dir)
        assert told is not None
        for names in KILLED:
            killed = _kill(Path(told.runtime_dir), names)
            assert killed
            await _until_replaced(Path(told.runtime_dir), killed)
            await _until_ready(url)
    finally:
        await asyncio.to_thread(headrace, "down", *options)
        for task in asking:
            task.cancel()
        ended = await asyncio.gather(*asking, return_exceptions=True)
    assert all(isinstance(end, asyncio.CancelledError) for end in ended), ended
    answered = crowd.answers.total() - crowd.answers[NO_ANSWER]
    with capsys.disabled():
        print(f"\n{answered} answers, {crowd.foreign.total()} not ours: {dict(crowd.answers)}")
    assert not crowd.foreign
    assert answered >= ANSWERS_LEAST
