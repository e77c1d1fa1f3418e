"""A platform under load: one that runs somewhere, or one on this machine that is started, asked
about, and taken away again."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from headrace.actors.roster import classes
from headrace.cluster.local import credentials, daemon
from headrace.cluster.local.daemon import Status
from headrace.loadtests.load.address import Address
from headrace.loadtests.load.payments import accounts
from headrace.loadtests.signals import to_its_end
from headrace.runtime.settings import load

COMMAND_TIMEOUT_S = 600.0
GIVE_UP_TIMEOUT_S = 45.0
"""Of a command told to end, more than its own bounds add up to."""
KILL_TIMEOUT_S = 5.0
SETTLE_TIMEOUT_S = 60.0
POLL_S = 0.05


class RunError(Exception):
    """A load test could not go on; says nothing about the books."""


class Platform:
    """One of which nothing is known but its API."""

    def __init__(self, address: Address, actors: int = 1) -> None:
        """`actors`: how many there are at least; more when more have told their figures at once."""
        self.address = address
        self._actors = actors

    async def open_accounts(self) -> None:
        """Those that the load pays with; they may exist. RunError when one is refused."""
        answer = await self.address.post("/v1/account-batches", accounts())
        refused = [item["problem"] for item in answer["results"] if "problem" in item]
        if refused:
            raise RunError(f"{len(refused)} accounts are refused, the first: {refused[0]}")

    async def figures(self) -> Counter[str]:
        """The partition actors' figures of /metrics, added up.

        An actor that is too busy to answer is missing there, and one that loads its partitions
        knows nothing yet: waits until there is none. Raises RunError.
        """
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while (sums := partition_sums(await self._metrics()))["ready"] < self._actors:
            if time.monotonic() > deadline:
                raise RunError(f"{sums['ready']:.0f} of {self._actors} actors tell their figures")
            await asyncio.sleep(POLL_S)
        self._actors = int(sums["ready"])
        return sums

    async def settled(self) -> None:
        """Waits until nothing is under way between actors. Raises RunError."""
        deadline = time.monotonic() + SETTLE_TIMEOUT_S
        while (await self.figures())["open_legs"]:
            if time.monotonic() > deadline:
                raise RunError(f"payments are under way {SETTLE_TIMEOUT_S:.0f} s after the load")
            await asyncio.sleep(POLL_S)

    async def _metrics(self) -> str:
        async with self.address.client() as http:
            return (await http.get("/metrics")).raise_for_status().text


class LocalPlatform(Platform):
    """What the command line does with `data_dir`, by the defaults and what HEADRACE_ variables
    say."""

    def __init__(self, data_dir: Path, port: int) -> None:
        super().__init__(Address("127.0.0.1", port, ""), load().cell.actors)
        self.data_dir = data_dir
        self.environment: dict[str, str] = {}
        """Of its commands, over this process's own."""
        self.python = sys.executable
        """That runs its commands: its checkout's own, when that isn't this one."""

    async def headrace(self, *arguments: str) -> dict[str, Any]:
        """A command's JSON; RunError when it fails or takes too long. Has ended on return."""
        process = await asyncio.create_subprocess_exec(
            self.python, "-m", "headrace.cluster.cli", *arguments, "--json",
            "--data-dir", str(self.data_dir), env={**os.environ, **self.environment},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            process_group=0,  # a terminal's Ctrl-C is for us, who pass it on
        )  # fmt: skip
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                output, said = await process.communicate()
        except (asyncio.CancelledError, TimeoutError) as error:
            await _end(process)
            if isinstance(error, TimeoutError):
                late = f"took longer than {COMMAND_TIMEOUT_S:.0f} s"
                raise RunError(f"headrace {arguments[0]} {late}") from error
            raise
        if process.returncode:
            told = said.decode()[-2000:] + output.decode()[-2000:]
            raise RunError(f"headrace {arguments[0]}: {told}")
        answer: dict[str, Any] = json.loads(output.splitlines()[-1])
        return answer

    async def up(self) -> None:
        """Takes payments on return."""
        await self.headrace("up", "--port", str(self.address.port), "--detach")
        keys = credentials.read(self.data_dir)
        assert keys is not None
        self.address = self.address._replace(api_key=keys.api_key)

    async def down(self) -> None:
        """Says what went wrong instead of raising it."""
        try:
            await self.headrace("down")
        except RunError as error:
            print(error, file=sys.stderr)

    async def verify(self) -> str:
        """Of the books: `pass` or `fail`."""
        try:
            return str((await self.headrace("verify"))["result"])
        except RunError as error:
            print(error, file=sys.stderr)
            return "fail"

    def status(self) -> Status:
        """As `headrace status` tells it; RunError when it is gone."""
        found = daemon.status(self.data_dir)
        if found is None:
            raise RunError(f"the platform in {self.data_dir} is gone")
        return found


async def _end(process: asyncio.subprocess.Process) -> None:
    """A command that is given up; `up` stops what it has started, within its own bound."""
    for number, within_s in ((signal.SIGINT, GIVE_UP_TIMEOUT_S), (signal.SIGKILL, KILL_TIMEOUT_S)):
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.communicate(), within_s)
            return


def partition_sums(text: str) -> Counter[str]:
    """Of `/metrics`: the partitions' figures, without the prefix, summed over the actors."""
    sums: Counter[str] = Counter()
    for line in text.splitlines():
        if line.startswith("headrace_partition_"):
            name, _, value = line.rpartition(" ")
            name = name.partition("{")[0].removeprefix("headrace_partition_")
            sums[name] += float(value)  # type: ignore[assignment]  # seconds are fractions
    return sums


def actor_memory_mib(status: Status) -> float:
    """Proportional set size of all partition actors and the store of creditors' windows."""
    parts = [p.memory_mb for p in status.processes if p.part in classes()]
    if not parts:
        raise RunError("no actor runs")
    return round(sum(parts), 1)


@contextlib.contextmanager
def fresh_folder() -> Iterator[Path]:
    """Gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="headrace-load-", dir="/tmp"))
    folder.chmod(0o711)  # PostgreSQL's user passes through
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.asynccontextmanager
async def fresh_platform(port: int) -> AsyncIterator[LocalPlatform]:
    """Running; it and its data are gone afterwards."""
    with fresh_folder() as folder:
        platform = LocalPlatform(folder, port)
        try:
            await platform.up()
            yield platform
        finally:
            await to_its_end(platform.down())
