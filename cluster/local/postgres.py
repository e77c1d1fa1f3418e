"""The laptop's PostgreSQL: made, started, recovered and stopped by us.

In a data directory: postgres/ (the cluster, or a link to it), postgres.password, postgres.port
and postgres.log. It listens on 127.0.0.1 and on a socket in a private folder beside the cluster.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

import asyncpg
import psutil

from headrace.cluster.local.lock import Lock
from headrace.cluster.local.ports import free_ports
from headrace.cluster.local.postgres_home import Home, PostgresError, home
from headrace.cluster.local.postmaster import (
    is_ready,
    kill_all_of,
    stop_leftover,
)
from headrace.cluster.local.short_path import ShortPath, remove_links_to
from headrace.cluster.local.state import open_private
from headrace.runtime.database.connect import OF_OUR_OWN
from headrace.runtime.settings.local import LocalSettings

ROLE = DATABASE = "headrace"
STOP_TIMEOUT_S = 60.0
KILL_TIMEOUT_S = 0.5

OPTIONS = {
    "max_connections": "100",
    "max_wal_size": "1GB",
    "min_wal_size": "1GB",
    "wal_buffers": "64MB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
"""For many small writes on two cores. Durability stays at PostgreSQL's defaults: all of it. A log
of 1 GB is soon written over again, in pages that the operating system has in memory already."""

_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def tcp_url(password: str, port: int) -> str:
    """Of a server, or of what leads there, that listens on 127.0.0.1."""
    return _url(password, "127.0.0.1", port)


def _url(password: str, host: str, port: int) -> str:
    """Host and port stand in the query: after @ they would be looked up beside PGPORT."""
    where = f"host={host}&port={port}&{OF_OUR_OWN}"
    return f"postgresql://{ROLE}:{password}@/{DATABASE}?{where}"


class Postgres:
    """One server for one data directory. `start` and `stop` are called by one task."""

    def __init__(
        self, data_dir: Path, options: Mapping[str, str] | None = None,
        settings: LocalSettings | None = None,
    ) -> None:  # fmt: skip
        """`options` are PostgreSQL's own settings and go before ours."""
        self._settings = settings or LocalSettings()
        self._data_dir = data_dir.absolute()
        self._options = {"shared_buffers": _shared_buffers(), **OPTIONS, **(options or {})}
        self._home: Home | None = None
        self._lock: Lock | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._sockets: ShortPath | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Through the socket, which costs half of what TCP does."""
        return _url(self._password(), self._socket_dir(), self._port)

    @property
    def port(self) -> int:
        """On 127.0.0.1; 0 before the start."""
        return self._port

    @property
    def tcp_url(self) -> str:
        """The same server by way of its port."""
        return self.url_by_way_of(self._port)

    def url_by_way_of(self, port: int) -> str:
        """The same server through what listens on a port of 127.0.0.1."""
        return tcp_url(self._password(), port)

    @property
    def pid(self) -> int:
        """The postmaster's; 0 when it isn't running."""
        return self._process.pid if self._process and self._process.returncode is None else 0

    async def start(self) -> str:
        """Serves `url` on return. PostgresError says what is wrong; AlreadyRunning, who has it."""
        self._data_dir.mkdir(parents=True, exist_ok=True)
        found = self._home = await asyncio.to_thread(home, self._data_dir)
        lock = Lock(found.cluster.with_name("postgres.lock"))
        lock.acquire()
        self._lock = lock
        try:
            self._sockets = ShortPath(_private_folder(found))
            if (found.cluster / "PG_VERSION").exists():
                await self._check_version(found)
                await stop_leftover(found.cluster)
            else:
                await self._make_cluster(found)
            self._port = self._free_port()
            await self._start_server(found)
            await self._ensure_database()
        except BaseException:
            await self.stop()
            raise
        return self.url

    async def end_leftover(self) -> None:
        """Stops a server whose parent died. AlreadyRunning when its parent lives."""
        cluster = (self._data_dir / "postgres").resolve()
        if not cluster.exists():
            return
        lock = Lock(cluster.with_name("postgres.lock"))
        lock.acquire()
        try:
            _remove_sockets(cluster)
            await stop_leftover(cluster)
        finally:
            lock.release()

    def _socket_dir(self) -> str:
        return str(self._sockets.path) if self._sockets is not None else ""

    def restore(self) -> None:
        """The way to its socket, should somebody have tidied it away."""
        if self._sockets is not None:
            self._sockets.restore()

    async def restart(self) -> None:
        """After the server ended unasked: the same URL again."""
        assert self._home is not None
        await stop_leftover(self._home.cluster)
        await self._start_server(self._home)

    async def wait(self) -> int:
        """Until the server ends by itself or by `stop`; its return code."""
        return await self._process.wait() if self._process else 0

    async def stop(self, within_s: float = STOP_TIMEOUT_S) -> bool:
        """Ends sessions, writes a checkpoint and waits; what was committed is safe in any case.

        Whether it ended in order: not when it was gone already, or not done in time and killed.
        """
        process = self._process  # kept meanwhile: a start that is given up stops it, too
        in_order = process is None or await _ended(process, within_s)
        self._process = None
        if not in_order and self._home is not None:
            await kill_all_of(self._home.cluster)  # backends outlive a postmaster for a moment
        if self._home is not None and self._sockets is not None:
            _remove_sockets(self._home.cluster)
        if self._lock is not None:
            self._lock.release()
        return in_order

    async def _make_cluster(self, found: Home) -> None:
        """initdb into a folder beside, renamed when whole: a crash leaves no half cluster."""
        if found.cluster.is_file() or (found.cluster.is_dir() and any(found.cluster.iterdir())):
            raise PostgresError(
                f"{found.cluster} holds something that is no cluster of PostgreSQL's: "
                "choose another data directory"
            )
        half_made = found.cluster.with_name("postgres.making")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(mode=0o700)
        assert self._sockets is not None
        password_file = self._sockets.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password())
        if found.user is not None:
            os.chown(half_made, found.user.uid, found.user.gid)
            os.chown(password_file, found.user.uid, found.user.gid)
        await _run(
            found, self._settings.postgres_start_timeout_s, "initdb", "--pgdata", str(half_made),
            "--username", ROLE,
            "--auth=scram-sha-256", "--pwfile", str(password_file), "--encoding=UTF8",
            "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--data-checksums",
        )  # fmt: skip
        password_file.unlink()
        half_made.rename(found.cluster)

    async def _check_version(self, found: Home) -> None:
        timeout_s = self._settings.postgres_start_timeout_s
        made_by = (found.cluster / "PG_VERSION").read_text().strip()
        ours = (await _run(found, timeout_s, "postgres", "--version")).split()[-1]
        if made_by != ours.split(".")[0]:
            raise PostgresError(
                f"{found.cluster} was made by PostgreSQL {made_by}, this Headrace brings {ours}. "
                f"Move it over with pg_upgrade, or with PostgreSQL {made_by}'s own pg_dump and a "
                "new data directory; nothing was changed"
            )

    async def _start_server(self, found: Home) -> None:
        log = self._data_dir / "postgres.log"
        if log.exists() and log.stat().st_size > self._settings.postgres_log_bytes_max:
            log.replace(log.with_suffix(".log.1"))
        options = {
            **self._options,
            "listen_addresses": "127.0.0.1",
            "port": str(self._port),
            "unix_socket_directories": self._socket_dir(),
            "unix_socket_permissions": "0700",
        }
        command = [str(found.binaries / "postgres"), "-D", str(found.cluster)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with open_private(log, "ab") as output:
            start_of_log = output.tell()
            # Its own session: a Ctrl-C in the terminal is for us, who stop it last.
            self._process = await asyncio.create_subprocess_exec(
                *command, cwd="/", env=_ENVIRONMENT, start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
                user=found.uid, group=found.gid, extra_groups=found.groups,
            )  # fmt: skip
        timeout_s = self._settings.postgres_start_timeout_s
        deadline = asyncio.get_running_loop().time() + timeout_s
        while not is_ready(found.cluster, self._process.pid):
            late = asyncio.get_running_loop().time() > deadline
            if late or self._process.returncode is not None:
                with log.open("rb") as text:
                    text.seek(start_of_log)
                    told = text.read()[-2000:].decode(errors="replace")
                reason = f"was not ready in {timeout_s:g} s" if late else "ended at start"
                raise PostgresError(f"PostgreSQL {reason}; it says in {log}:\n{told}")
            await asyncio.sleep(0.01)

    async def _ensure_database(self) -> None:
        timeout_s = self._settings.postgres_start_timeout_s
        try:
            connection = await asyncpg.connect(self.url, timeout=timeout_s)
        except asyncpg.InvalidCatalogNameError:
            other = self.url.replace(f"/{DATABASE}?", "/postgres?")
            connection = await asyncpg.connect(other, timeout=timeout_s)
            await connection.execute(f"CREATE DATABASE {DATABASE}")
        except asyncpg.InvalidPasswordError as error:
            raise PostgresError(
                f"{self._data_dir}/postgres.password isn't the password of {ROLE} in this cluster: "
                "put the right one back"
            ) from error
        await connection.close()

    def _password(self) -> str:
        path = self._data_dir / "postgres.password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text().strip()

    def _free_port(self) -> int:
        """The port of the last start if it is free, so that people's tools go on working."""
        path = self._data_dir / "postgres.port"
        said = path.read_text().strip() if path.exists() else ""
        last = [int(said)] if said.isdecimal() else []
        (port,) = free_ports(1, preferred=last)
        path.write_text(f"{port}\n")
        return port


async def _ended(process: asyncio.subprocess.Process, within_s: float) -> bool:
    """Whether a postmaster ended in order; it has ended on return."""
    was_running = process.returncode is None
    for sign, share_s in (
        (signal.SIGINT, max(0.0, within_s - 2 * KILL_TIMEOUT_S)),
        (signal.SIGQUIT, KILL_TIMEOUT_S),
        (signal.SIGKILL, KILL_TIMEOUT_S),
    ):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sign)
        with contextlib.suppress(TimeoutError):
            ended = await asyncio.wait_for(process.wait(), share_s)
            return was_running and sign == signal.SIGINT and ended == 0
    return False


def _shared_buffers() -> str:
    """512 MB, or a quarter of a smaller machine's memory."""
    return f"{min(512, psutil.virtual_memory().total // 2**20 // 4)}MB"


async def _run(found: Home, timeout_s: float, name: str, *arguments: str) -> str:
    """One of PostgreSQL's programs, run to its end within a time; what it printed."""
    process = await asyncio.create_subprocess_exec(
        str(found.binaries / name), *arguments, cwd="/", env=_ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        user=found.uid, group=found.gid, extra_groups=found.groups,
    )  # fmt: skip
    try:
        output, _ = await asyncio.wait_for(process.communicate(), timeout_s)
    finally:
        if process.returncode is None:  # it would go on writing
            process.terminate()
            await process.wait()
    if process.returncode != 0:
        raise PostgresError(f"{name} failed:\n{output[-2000:].decode(errors='replace')}")
    return output.decode()


def _sockets_of(cluster: Path) -> Path:
    return cluster.with_name("postgres.sockets")


def _private_folder(found: Home) -> Path:
    """For the socket."""
    path = _sockets_of(found.cluster)
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    if found.user is not None:
        os.chown(path, found.user.uid, found.user.gid)
    return path


def _remove_sockets(cluster: Path) -> None:
    """And what leads there."""
    remove_links_to(_sockets_of(cluster))
    shutil.rmtree(_sockets_of(cluster), ignore_errors=True)
