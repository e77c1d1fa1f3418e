"""Ray's node, and what Serve runs on it, as two parts."""

import asyncio
import contextlib
import os
import secrets
import time
from pathlib import Path

import httpx
import psutil

from headrace.cluster.local import ambient, environment, processes, state
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.part import Part, Site

READY_POLL_S = 0.1
FAILURE_POLL_S = 1.0
KILL_TIMEOUT_S = 1.0


class Ray(Part):
    """Its processes hold nothing that lasts: killing them is in order."""

    name = "Ray"
    phase = "starting Ray and migrating the ledger"
    after = ("PostgreSQL",)
    stop_timeout_s = 4.0

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._started_in = os.getcwd()
        self._needed: list[Path] = []
        """What its processes look up again when one of them is replaced."""

    async def start(self) -> None:
        site = self.site
        ambient.leave_out(own_database=site.own_database)
        os.environ.update(
            environment.of_platform(site.settings, site.run.path, _token(site.data_dir))
        )
        os.chdir(site.runtime_dir)  # by which the platform's processes are known
        from headrace.cluster.local.ray_node import GaveUp, RayNode

        site.ray = RayNode(site.run.path, site.settings.local)
        try:
            await site.ray.start(site.port)
        except GaveUp:
            site.tell("starting Ray once more")
            await site.ray.clear()
            await processes.end_all_in(site.runtime_dir, KILL_TIMEOUT_S)
            try:
                await site.ray.start(site.port)
            except GaveUp as error:
                raise PlatformError(
                    f"Ray could not start, nor the second time: {str(error).rstrip('.')}. "
                    f"Try again when the machine is less busy; what Ray says is in "
                    f"{site.data_dir / 'logs'}"
                ) from error
        site.dashboard_url = site.ray.dashboard_url
        folder = site.run.folder
        self._needed = [*folder.glob("haproxy*"), *folder.glob("ray/session_latest/sockets/[pr]*")]

    async def tend(self) -> None:
        if self.site.ray is None:
            return
        if dead := self.site.ray.dead():
            raise PlatformError(f"Ray's {dead} is gone; start again, nothing is lost")
        self.site.run.restore()
        if gone := [file for file in self._needed if not file.exists()]:
            raise PlatformError(f"{gone[0]} was removed; start again, nothing is lost")

    async def stop(self, within_s: float) -> None:
        try:
            if self.site.ray is not None:
                await self.site.ray.stop(max(0.0, within_s - KILL_TIMEOUT_S))
        finally:
            _go_back_to(self._started_in)
            await processes.end_all_in(self.site.runtime_dir, KILL_TIMEOUT_S)

    def pids(self) -> list[int]:
        return processes.children_in(self.site.runtime_dir)

    @classmethod
    def words(cls, process: psutil.Process) -> str:
        return processes.part_of(process)


class Gateway(Part):
    """Serve's application: the gateways, and with them the partitions."""

    name = "gateway"
    phase = "starting the gateway and the partitions"
    stop_timeout_s = 5.5

    async def start(self) -> None:
        assert self.site.ray is not None
        await self.site.ray.deploy(self.site.port)

    async def ready(self) -> None:
        assert self.site.ray is not None
        look_for_failure = 0.0
        timeout_s = self.site.settings.local.platform_ready_timeout_s
        deadline = time.monotonic() + timeout_s
        async with httpx.AsyncClient(
            base_url=self.site.url, timeout=5, trust_env=False, verify=False
        ) as client:
            while time.monotonic() < deadline:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get("/readyz")).status_code == 200:
                        return
                if time.monotonic() > look_for_failure:
                    if failure := await self.site.ray.failure():
                        raise PlatformError(failure)
                    look_for_failure = time.monotonic() + FAILURE_POLL_S
                await asyncio.sleep(READY_POLL_S)
        raise PlatformError(
            f"the platform was not ready in {timeout_s:g} s; "
            f"Ray's logs are in {self.site.data_dir}/logs"
        )

    async def stop(self, within_s: float) -> None:
        """Lets requests under way be answered."""
        if self.site.ray is not None:
            await self.site.ray.drain()


def _token(data_dir: Path) -> Path:
    """A file with the secret that Ray's processes and the dashboard's visitors need."""
    path = data_dir / "ray.token"
    if not path.exists():
        state.write_private(path, secrets.token_urlsafe(32).encode())
    return path


def _go_back_to(folder: str) -> None:
    """The runtime folder is removed; where we came from may be gone, too."""
    try:
        os.chdir(folder)
    except OSError:
        os.chdir("/")
