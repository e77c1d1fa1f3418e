"""`headrace up --detach --port 9001` where a platform ran on 9000 said that it is up, exit code 0.

An option that what runs doesn't follow is told; one that wasn't given follows what runs.

| option       | input                                  |                                       |
|--------------|----------------------------------------|---------------------------------------|
| --port       | another than that of what runs         | found                                 |
| --partitions | another than the ledger's              | found; refused where none runs: clean |
| --actors     | another than there are                 | found                                 |
| --port       | the same; not given                    | clean                                 |
| --data-dir   | another: another platform              | clean                                 |
| attached     | any, where one runs                    | clean: it says that one runs          |
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.canned_api import served
from typer.testing import CliRunner

from headrace.cluster.cli.main import app
from headrace.cluster.local import credentials, processes, state
from headrace.cluster.local.lock import Lock


class Running(NamedTuple):
    data_dir: Path
    url: str
    port: str

    def up(self, options: str) -> Any:
        given = options.format(port=self.port).split()
        command = ["up", "--detach", "--data-dir", str(self.data_dir), *given, "--json"]
        return CliRunner().invoke(app, command)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """A platform of 16 partitions and 2 actors: to all others this process looks like one."""
    with served({"POST /v1/account-batches": {}}) as api:
        lock = Lock(tmp_path / "lock")
        lock.acquire()
        told = state.State(
            pid=os.getpid(), process=processes.identity(os.getpid()), phase=state.READY,
            url=api.url, partitions=16, actors=2,
        )  # fmt: skip
        state.write(tmp_path, told)
        keys = {"url": api.url, "operator_key": "hr_o", "tenant": "demo", "api_key": "hr_a"}
        (tmp_path / credentials.FILE).write_text(json.dumps(keys))
        yield Running(tmp_path, api.url, api.url.rpartition(":")[2])
        lock.release()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--port 1", "with --port {port} and not 1"),
        ("--partitions 64", "with --partitions 16 and not 64"),
        ("--actors 1", "with --actors 2 and not 1"),
        ("--port {port} --partitions 16 --actors 3", "with --actors 2 and not 3"),
    ],
)
def test_an_option_that_what_runs_does_not_follow_is_told(
    running: Running, options: str, says: str
) -> None:
    done = running.up(options)
    assert done.exit_code == 1, done.output
    assert says.format(port=running.port) in done.stderr
    assert running.url in done.stderr
    assert "headrace down" in done.stderr


@pytest.mark.parametrize("options", ["", "--port {port}", "--partitions 16 --actors 2"])
def test_what_runs_as_asked_is_up(running: Running, options: str) -> None:
    done = running.up(options)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["url"] == running.url
