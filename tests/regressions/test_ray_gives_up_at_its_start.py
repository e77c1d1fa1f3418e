"""On a slow machine Ray gave up after its own seconds, and a hundred lines of traceback followed.

It is started once more, then there are two sentences and where the logs are. Siblings looked for:

| door | input | |
|---|---|---|
| up | Ray's server or raylet isn't there in time (plain Exception, RuntimeError) | found |
| up | its raylet ends at once | found: no second attempt |
| up --detach | any failure of the start | found: the whole log for a sentence |
| up | processes of the first attempt outlive it | clean: they are ended between the two |
| up | the application isn't ready in 120 s | clean: a sentence and where the logs are |
| up | PostgreSQL isn't ready, or ends at its start | clean: a sentence with what it says |
"""

import subprocess
import sys
from pathlib import Path

import pytest

from headrace.cluster.local.daemon import _reason

GIVES_UP = """
import asyncio, os, signal, sys
from pathlib import Path
from ray._private import services
from headrace.cluster.local.environment import of_platform
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.part import Part
from headrace.cluster.local.platform import Platform
from headrace.cluster.local import environment, ray_parts
from headrace.cluster.local.ports import free_ports
from headrace.runtime.settings import Settings

def impatient(*arguments):
    return of_platform(*arguments) | {"RAY_gcs_server_port_wait_time_s": "1"}

environment.of_platform = impatient
start_gcs_server = services.start_gcs_server

def stopped(*arguments, **named):
    found = start_gcs_server(*arguments, **named)
    found.process.send_signal(signal.SIGSTOP)
    return found

services.start_gcs_server = stopped

async def main():
    told = []
    platform = Platform(Path(sys.argv[1]), free_ports(1)[0], Settings(), told.append, [Alone])
    try:
        await platform.start()
    except PlatformError as error:
        print(error)
    print(told)
    await platform.stop()
    os._exit(0)

class Alone(ray_parts.Ray):
    after = ()

asyncio.run(main())
"""
"""The real Ray, given a second for its server, which gets no turn of the processor in it."""
FAR_OUT_S = 150.0


def test_it_is_started_once_more_and_then_said_in_two_sentences(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GIVES_UP, str(tmp_path)],
        capture_output=True, text=True, timeout=FAR_OUT_S,
    )  # fmt: skip
    said, told = done.stdout.splitlines()
    assert said.startswith("Ray could not start, nor the second time: ")
    assert said.endswith(f"what Ray says is in {tmp_path / 'logs'}")
    assert told == "['starting Ray and migrating the ledger', 'starting Ray once more']"
    assert done.stderr.count("\n") < 10, done.stderr
    assert (tmp_path / "logs").is_dir()
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ('starting\nheadrace: no\n{"error":{"code":"failed","detail":"no"}}', "no"),
        ("starting\nTraceback (most recent call last):\n  File", ""),
        ('{"url":"http://127.0.0.1:8080"}', ""),
        ("", ""),
    ],
)
def test_a_start_in_the_background_says_what_the_platform_said_last(log: str, reason: str) -> None:
    assert _reason(log) == reason
