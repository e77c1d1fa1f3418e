"""The service's processes: each listens on the port by itself, and all end together.

A worker ends when the pipe to it closes, so that none outlives its parent, however that ended.
"""

import asyncio
import signal
import socket
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait

import uvicorn

from headrace.loadtests.baseline.app import create_app

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
BACKLOG = 2048
CONNECTIONS_MAX = 5_000
"""Of a worker; more are answered with 503 at once."""


def serve(database_url: str, port: int, workers: int, pool: int) -> int:
    """Until SIGTERM or SIGINT: 0; 1 when a worker ended by itself. Prints `ready`."""
    spawn = get_context("spawn")
    asked_to_stop, stop = spawn.Pipe(duplex=False)
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.close())
    started = []
    for listener in [_listener(port) for _ in range(workers)]:
        ours, theirs = spawn.Pipe()
        process = spawn.Process(target=_work, args=(database_url, pool, listener, theirs))
        process.start()
        listener.close()
        theirs.close()
        started.append((process, ours))
    try:
        for _, ours in started:
            if asked_to_stop in wait([ours, asked_to_stop], START_TIMEOUT_S):
                return 0
            if not ours.poll() or not _is_ready(ours):
                return 1
        print("ready", flush=True)
        ended = wait([asked_to_stop, *(process.sentinel for process, _ in started)])
        return 0 if asked_to_stop in ended else 1
    finally:
        for _, ours in started:
            ours.close()
        for process, _ in started:
            process.join(STOP_TIMEOUT_S)
            if process.is_alive():
                process.kill()


def _is_ready(pipe: Connection) -> bool:
    try:
        return bool(pipe.recv())
    except EOFError:
        return False


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(BACKLOG)
    return listener


class _Server(uvicorn.Server):
    """Tells its parent when it answers, and ends when the parent does."""

    def __init__(self, config: uvicorn.Config, parent: Connection) -> None:
        super().__init__(config)
        self._parent = parent

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._parent.send(True)
            asyncio.get_running_loop().add_reader(self._parent.fileno(), self._end)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._parent.fileno())
        self.should_exit = True


def _work(database_url: str, pool: int, listener: socket.socket, parent: Connection) -> None:
    config = uvicorn.Config(
        create_app(database_url, pool), loop="uvloop", http="httptools", ws="none", lifespan="on",
        access_log=False, log_level="warning", server_header=False, date_header=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=int(STOP_TIMEOUT_S / 2),
    )  # fmt: skip
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(_Server(config, parent).serve(sockets=[listener]))
