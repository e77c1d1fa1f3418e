"""A copy of the checkout and a server of tests in it: mutants disturb neither it nor each other."""

import asyncio
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from headrace.loadtests.mutants.house import House
from headrace.loadtests.mutants.jobs import Job, Report

LEFT_OUT = (".*", "dist", "bench-results", "*.egg-info")
"""No part of the sources."""
SHARED = "shared"
"""Beside the checkout, and beside its copies: some tests read files there."""
ANSWER_BYTES_MAX = 1024**3
"""Of all tests' lines there are some megabytes."""


class ServerGone(RuntimeError):
    """The server of tests ended; its log tells why."""


class Tree:
    """`run` is called by one task, between `start` and `stop`."""

    def __init__(self, house: House, folder: Path, like: "Tree | None" = None) -> None:
        """`like` another one: what was compiled there comes along."""
        self.path = folder
        self.log = folder.with_suffix(".log")
        self._house = house
        self._server: asyncio.subprocess.Process | None = None
        shutil.copytree(
            like.path if like else house.root, folder, symlinks=True,
            ignore=shutil.ignore_patterns(*LEFT_OUT),
        )  # fmt: skip
        beside = house.root.parent / SHARED
        link = folder.parent / SHARED
        if beside.exists() and not link.is_symlink():
            link.symlink_to(beside)

    async def start(self) -> None:
        environment = {
            **{name: v for name, v in os.environ.items() if not name.startswith("HEADRACE_")},
            "PYTHONPATH": str(self.path / self._house.path),
            "OPENBLAS_NUM_THREADS": "1",
        }
        with self.log.open("ab") as log:
            self._server = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "headrace.loadtests.mutants.server",
                cwd=self.path, env=environment, start_new_session=True, limit=ANSWER_BYTES_MAX,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip

    async def stop(self) -> None:
        """With all that it runs at the moment."""
        if self._server is None or self._server.returncode is not None:
            return
        server = psutil.Process(self._server.pid)
        for process in [*server.children(recursive=True), server]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        await self._server.wait()

    async def run(self, job: Job) -> Report:
        """What became of the tests. ServerGone when nobody answers any more."""
        server = self._server
        assert server is not None
        assert server.stdin is not None
        assert server.stdout is not None
        with suppress(ConnectionError):
            server.stdin.write(msgspec.json.encode(job) + b"\n")
            await server.stdin.drain()
        answer = await server.stdout.readline()
        if not answer:
            raise ServerGone(f"the server of tests ended: {self.log.read_text()[-2000:]}")
        return msgspec.json.decode(answer, type=Report)
