"""A whole platform on one machine: PostgreSQL, the ledger, Ray and Serve, started and stopped.

A data directory belongs to one platform at a time. What a killed platform left running is ended by
the next start.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import httpx
import msgspec

from headrace.cluster.local import credentials, environment, master_key, processes, state
from headrace.cluster.local.credentials import Credentials
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.lock import Lock
from headrace.cluster.local.ports import is_free
from headrace.cluster.local.postgres import Postgres
from headrace.cluster.local.state import READY, STOPPED, State
from headrace.runtime.ledger.connect import connect
from headrace.runtime.ledger.migrate import migrate
from headrace.runtime.settings import Settings

if TYPE_CHECKING:
    from headrace.cluster.local.ray_node import RayNode

READY_TIMEOUT_S = 120.0
READY_POLL_S = 0.1
FAILURE_POLL_S = 1.0


class Platform:
    """`start`, then `wait`, then `stop`, which also ends what a failed start left."""

    def __init__(
        self, data_dir: Path, port: int, settings: Settings, on_phase: Callable[[str], None]
    ) -> None:
        """`on_phase` hears what is being done. An empty `database_url` means our PostgreSQL."""
        self.data_dir = data_dir.absolute()
        self.settings = master_key.with_master_key(settings, self.data_dir)
        self.port = port
        self.on_phase = on_phase
        self._lock: Lock | None = None
        self._postgres: Postgres | None = None
        self._ray: RayNode | None = None
        self._begun = time.monotonic()
        self._started_in = os.getcwd()
        self._state = State(
            pid=os.getpid(), started=processes.started_at(os.getpid()), phase="", url=self.url
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def state(self) -> State:
        return self._state

    async def start(self, *, any_partitions: bool = False) -> Credentials:
        """Payments are taken on return.

        With `any_partitions` a ledger that exists keeps its number of partitions, whatever the
        settings say.
        """
        await self._claim_data_dir()
        runtime_dir = Path(tempfile.mkdtemp(prefix="headrace-", dir="/tmp"))
        self._tell("starting PostgreSQL", runtime_dir=str(runtime_dir))
        if not self.settings.database_url:
            self._postgres = Postgres(self.data_dir)
            url = await self._postgres.start()
            self.settings = msgspec.structs.replace(self.settings, database_url=url)
            self._tell("starting PostgreSQL", postmaster=self._postgres.pid)
        if any_partitions and (stored := await partitions_of(self.settings)):
            self.settings = msgspec.structs.replace(self.settings, partitions=stored)
        self._tell("starting Ray and migrating the ledger")
        keys, _ = await asyncio.gather(self._prepare_ledger(), self._start_ray(runtime_dir))
        self._tell("starting the gateway and the partitions")
        assert self._ray is not None
        await self._ray.deploy(self.port)
        await self._until_ready()
        self._tell(READY, ready_after_s=round(time.monotonic() - self._begun, 1))
        return keys

    async def _claim_data_dir(self) -> None:
        os.umask(0o077)
        state.make_data_dir(self.data_dir)
        lock = Lock(self.data_dir / "lock")
        lock.acquire()
        self._lock = lock
        await end_leftovers(self.data_dir)
        if not is_free(self.port):
            raise PlatformError(f"port {self.port} is in use: choose another with --port")

    async def _prepare_ledger(self) -> Credentials:
        await migrate(self.settings)
        await master_key.ensure(self.settings, self.data_dir)
        return await credentials.ensure(self.settings, self.data_dir, self.url)

    async def _start_ray(self, runtime_dir: Path) -> None:
        variables = environment.of_platform(self.settings, runtime_dir, self._ray_token())
        os.environ.update(variables)
        os.chdir(runtime_dir)  # by which the platform's processes are known
        from headrace.cluster.local.ray_node import RayNode

        self._ray = RayNode(runtime_dir)
        await self._ray.start(self.port)
        self._tell(self._state.phase, dashboard_url=self._ray.dashboard_url)

    def _ray_token(self) -> Path:
        """A file with the secret that Ray's processes and the dashboard's visitors need."""
        path = self.data_dir / "ray.token"
        if not path.exists():
            state.write_private(path, secrets.token_urlsafe(32).encode())
        return path

    async def _until_ready(self) -> None:
        assert self._ray is not None
        look_for_failure = 0.0
        deadline = time.monotonic() + READY_TIMEOUT_S
        async with httpx.AsyncClient(base_url=self.url, timeout=5, trust_env=False) as client:
            while time.monotonic() < deadline:
                with contextlib.suppress(httpx.HTTPError):
                    if (await client.get("/readyz")).status_code == 200:
                        return
                if time.monotonic() > look_for_failure:
                    if failure := await self._ray.failure():
                        raise PlatformError(failure)
                    look_for_failure = time.monotonic() + FAILURE_POLL_S
                await asyncio.sleep(READY_POLL_S)
        raise PlatformError(
            f"the platform was not ready in {READY_TIMEOUT_S:.0f} s; "
            f"Ray's logs are in {self._state.runtime_dir}/ray/session_latest/logs"
        )

    async def wait(self) -> None:
        """As long as all is well; PlatformError when an essential part is gone."""
        assert self._ray is not None
        while True:
            if dead := self._ray.dead():
                raise PlatformError(f"Ray's {dead} is gone; start again, nothing is lost")
            if self._postgres is not None and not self._postgres.pid:
                self._tell("restarting PostgreSQL")
                await self._postgres.restart()
                self._tell(READY, postmaster=self._postgres.pid)
            await asyncio.sleep(FAILURE_POLL_S)

    async def stop(self) -> None:
        """Every process that was started ends, PostgreSQL last."""
        if self._lock is None:
            return
        self._tell("stopping")
        if self._ray is not None:
            await self._ray.stop()
        os.chdir(self._started_in)
        await end_leftovers(self.data_dir)
        if self._postgres is not None:
            await self._postgres.stop()
        self._tell(STOPPED, postmaster=0)
        self._lock.release()
        self._lock = None

    def _tell(self, phase: str, **changes: str | int | float) -> None:
        if phase != self._state.phase:
            self.on_phase(phase)
        self._state = msgspec.structs.replace(self._state, phase=phase, **changes)
        state.write(self.data_dir, self._state)


async def partitions_of(settings: Settings) -> int | None:
    """The number a ledger was made with; None when it isn't made yet."""
    connection = await connect(settings, "headrace up")
    try:
        stored = await connection.fetchval("SELECT value FROM platform WHERE name = 'partitions'")
    except asyncpg.UndefinedTableError:
        return None
    finally:
        await connection.close()
    return int(stored) if stored is not None else None


async def end_leftovers(data_dir: Path) -> None:
    """Ends what still runs of the platform that was in a data directory, apart from PostgreSQL."""
    before = state.read(data_dir)
    if before is None or not before.runtime_dir:
        return
    runtime_dir = Path(before.runtime_dir)
    await processes.end_all_in(runtime_dir)
    _keep_logs(runtime_dir, data_dir / "logs")
    shutil.rmtree(runtime_dir, ignore_errors=True)


def _keep_logs(runtime_dir: Path, kept: Path) -> None:
    """The logs of Ray's processes, of the last run only."""
    logs = next(runtime_dir.glob("ray/session_2*/logs"), None)
    if logs is not None:
        shutil.rmtree(kept, ignore_errors=True)
        shutil.move(logs, kept)
        kept.chmod(0o700)
