"""The platform under test: the real command, over a PostgreSQL of our own behind the proxy."""

import asyncio
import contextlib
import os
from functools import partial
from pathlib import Path
from random import Random

import psutil

from headrace.actors.roster import titles
from headrace.cluster.local import state
from headrace.cluster.local.ports import free_ports
from headrace.cluster.local.postgres import Postgres
from headrace.cluster.local.processes import running_in
from headrace.cluster.local.state import State
from headrace.loadtests.chaos.clocks import Clocks
from headrace.loadtests.chaos.disk import Disk
from headrace.loadtests.chaos.proxy import Proxy
from headrace.loadtests.platform_under_load import LocalPlatform, RunError
from headrace.loadtests.signals import in_turn

POSTGRES = {"shared_buffers": "128MB", "max_wal_size": "256MB", "min_wal_size": "64MB"}
"""It has little room, so its log is written around often."""
TITLES = {
    "actor": titles("account-partition"),
    "gateway": ("ray::ServeReplica:headrace:gateway", "ray::ServeReplica:headrace:Gateway"),
    "risk": ("ray::ServeReplica:headrace:risk", "ray::ServeReplica:headrace:Risk"),
}


class TestedPlatform(LocalPlatform):
    """PostgreSQL in `folder`/database, its cluster on a disk of its own in `folder`/disk, the
    platform in `folder`/platform; API on `port`."""

    def __init__(self, folder: Path, port: int, random: Random) -> None:
        super().__init__(folder / "platform", port)
        self.disk = Disk(folder / "disk")
        self.clocks = Clocks(folder / "clocks")
        self.postgres = Postgres(folder / "database", POSTGRES)
        self.postgres_log = folder / "database" / "postgres.log"
        self._cluster = folder / "database" / "postgres"
        self._random = random
        self.proxy: Proxy | None = None
        self.unfenced: list[str] = []
        """What was written by an actor that had lost its partitions."""

    async def start(self) -> None:
        """PostgreSQL, the proxy, the platform."""
        self.disk.mount()
        self._cluster.parent.mkdir()
        self._cluster.symlink_to(self.disk.folder / "postgres")
        await self.postgres.start()
        (proxy_port,) = free_ports(1)
        self.proxy = Proxy(proxy_port, self.postgres.port, self._random)
        await self.proxy.start()
        through = self.postgres.url_by_way_of(proxy_port)
        path = os.pathsep.join(filter(None, (str(self.clocks.folder), os.getenv("PYTHONPATH"))))
        self.environment = {"HEADRACE_DATABASE_URL": through, "PYTHONPATH": path}
        await self.up()

    async def stop(self) -> None:
        """Everything that runs for the test, whatever of it can't be stopped in order."""
        proxy = [self.proxy.stop] if self.proxy is not None else []
        unmount = partial(asyncio.to_thread, self.disk.unmount)
        await in_turn(self.down, *proxy, self.postgres.stop, unmount)

    def state(self) -> State:
        """As it last told it; RunError when it never has."""
        found = state.read(self.data_dir)
        if found is None:
            raise RunError(f"nothing ever ran in {self.data_dir}")
        return found

    def processes(self, part: str) -> list[psutil.Process]:
        """Of a kind of part: actor, gateway, risk or haproxy."""
        found = []
        for process in running_in(Path(self.state().runtime_dir)):
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
        told = self.state()
        doomed = [psutil.Process(told.pid), *running_in(Path(told.runtime_dir))]
        for process in doomed:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
