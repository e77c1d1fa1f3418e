"""The platform under test: the real command, over a PostgreSQL of our own behind the proxy."""

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import psutil

from headrace.cluster.local.ports import free_ports
from headrace.cluster.local.postgres import Postgres
from headrace.cluster.local.processes import running_in
from headrace.loadtests.chaos.clocks import Clocks
from headrace.loadtests.chaos.disk import Disk
from headrace.loadtests.chaos.proxy import Proxy

START_TIMEOUT_S = 120.0
POSTGRES = {"shared_buffers": "128MB", "max_wal_size": "256MB", "min_wal_size": "64MB"}
"""It has little room, so its log is written around often."""
TITLES = {
    "actor": ("ray::PartitionProcess", "ray::account-partition"),
    "gateway": ("ray::ServeReplica:headrace:gateway", "ray::ServeReplica:headrace:Gateway"),
    "risk": ("ray::ServeReplica:headrace:risk", "ray::ServeReplica:headrace:Risk"),
}


class ChaosError(Exception):
    """The run itself could not go on; says nothing about the books."""


class TestedPlatform:
    """PostgreSQL in `folder`/database, its cluster on a disk of its own in `folder`/disk, the
    platform in `folder`/platform; API on `port`."""

    def __init__(self, folder: Path, port: int, random: Random) -> None:
        self.data_dir = folder / "platform"
        self.port = port
        self.disk = Disk(folder / "disk")
        self.clocks = Clocks(folder / "clocks")
        self.postgres = Postgres(folder / "database", POSTGRES)
        self.postgres_log = folder / "database" / "postgres.log"
        self._cluster = folder / "database" / "postgres"
        self._random = random
        self.proxy: Proxy | None = None
        self.unfenced: list[str] = []
        """What was written by an actor that had lost its partitions."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """PostgreSQL, the proxy, the platform."""
        self.disk.mount()
        self._cluster.parent.mkdir()
        self._cluster.symlink_to(self.disk.folder / "postgres")
        await self.postgres.start()
        server_port = urlsplit(self.postgres.tcp_url).port
        assert server_port is not None
        (proxy_port,) = free_ports(1)
        self.proxy = Proxy(proxy_port, server_port, self._random)
        await self.proxy.start()
        await self.up()

    async def up(self) -> None:
        assert self.proxy is not None
        through = self.postgres.tcp_url.replace(
            f":{urlsplit(self.postgres.tcp_url).port}/", f":{self.proxy.port}/"
        )
        path = os.pathsep.join(filter(None, (str(self.clocks.folder), os.getenv("PYTHONPATH"))))
        environment = {**os.environ, "HEADRACE_DATABASE_URL": through, "PYTHONPATH": path}
        await self._command(
            "up", "--detach", "--port", str(self.port), "--json", environment=environment
        )

    async def stop(self) -> None:
        """Everything that runs for the test; never raises."""
        with contextlib.suppress(ChaosError, TimeoutError):
            await self._command("down", "--json", environment={**os.environ})
        if self.proxy is not None:
            await self.proxy.stop()
        await self.postgres.stop()
        self.disk.unmount()

    async def verify(self) -> bool:
        environment = {**os.environ, "HEADRACE_DATABASE_URL": self.postgres.tcp_url}
        try:
            await self._command("verify", "--json", environment=environment)
        except ChaosError as error:
            print(error, file=sys.stderr)
            return False
        return True

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data_dir / "platform.json").read_text())
        return found

    def api_key(self) -> str:
        return str(json.loads((self.data_dir / "credentials.json").read_text())["api_key"])

    def processes(self, part: str) -> list[psutil.Process]:
        """Of a kind of part: actor, gateway, risk or haproxy."""
        found = []
        for process in running_in(Path(self.state()["runtime_dir"])):
            with contextlib.suppress(psutil.Error):
                if part == "haproxy":
                    is_one = process.name() == "haproxy"
                else:
                    is_one = " ".join(process.cmdline()).startswith(TITLES[part])
                if is_one and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
        return found

    def kill_all(self) -> None:
        """kill -9 of the platform's own processes; PostgreSQL is another machine's, so to speak."""
        state = self.state()
        doomed = [psutil.Process(state["pid"]), *running_in(Path(state["runtime_dir"]))]
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    async def _command(self, name: str, *arguments: str, environment: dict[str, str]) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "headrace.cluster.cli", name, *arguments,
            "--data-dir", str(self.data_dir), env=environment,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            output, _ = await asyncio.wait_for(process.communicate(), START_TIMEOUT_S)
        except TimeoutError:
            process.terminate()
            raise
        if process.returncode != 0:
            raise ChaosError(f"headrace {name}: {output.decode()[-3000:]}")
