"""A whole platform on one machine: its parts (parts.py) started, looked after and stopped.

A data directory belongs to one platform at a time. What a killed platform left running is ended by
the next start.
"""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from headrace.cluster.local import master_key, processes, run_folder, state
from headrace.cluster.local.credentials import Credentials
from headrace.cluster.local.errors import PlatformError
from headrace.cluster.local.lock import Lock
from headrace.cluster.local.part import Part, Site
from headrace.cluster.local.parts import PARTS
from headrace.cluster.local.ports import is_free
from headrace.cluster.local.short_path import ShortPath
from headrace.cluster.local.state import READY, STOPPED, State
from headrace.runtime.settings import Settings

TEND_POLL_S = 1.0
SWEEP_TIMEOUT_S = 1.0
"""Of ending what no part has ended."""
LATE_S = 0.3
"""A part that keeps its own bound is given this more before it is left alone."""


class Platform:
    """`start`, then `wait`, then `stop`, which also ends what a failed start left."""

    def __init__(
        self,
        data_dir: Path,
        port: int,
        settings: Settings,
        on_phase: Callable[[str], None],
        parts: Sequence[type[Part]] = PARTS,
    ) -> None:
        """`on_phase` hears what is being done. An empty `database_url` means our PostgreSQL."""
        self.data_dir = data_dir.absolute()
        self.on_phase = on_phase
        self._port = port
        self._settings = master_key.with_master_key(settings, self.data_dir)
        self._kinds = parts
        self._site: Site | None = None
        self._parts: list[Part] = []
        self._begun: list[Part] = []
        self._lock: Lock | None = None
        self._state = State(
            pid=os.getpid(),
            process=processes.identity(os.getpid()),
            phase="",
            url=f"http://127.0.0.1:{port}",
        )

    @property
    def state(self) -> State:
        return self._state

    async def start(self, *, any_partitions: bool = False) -> Credentials | None:
        """Payments are taken on return; the first keys, if a part made any.

        With `any_partitions` a ledger that exists keeps its number of partitions, whatever the
        settings say.
        """
        begun = time.monotonic()
        await self._claim_data_dir()
        run = run_folder.make(self.data_dir)
        site = self._site = Site(
            self.data_dir, run_folder.work_dir(self.data_dir), ShortPath(run), self._port,
            self._settings, not self._settings.ledger.database_url, any_partitions,
            self._tell,
        )  # fmt: skip
        self._tell(self._kinds[0].phase)
        self._parts = [kind(site) for kind in self._kinds]
        await self._start_parts()
        self._state.ready_after_s = round(time.monotonic() - begun, 1)
        self._tell(READY)
        return site.keys

    async def _claim_data_dir(self) -> None:
        os.umask(0o077)
        state.make_data_dir(self.data_dir)
        lock = Lock(self.data_dir / "lock")
        lock.acquire()
        self._lock = lock
        await run_folder.end_leftovers(self.data_dir)
        if not is_free(self._port):
            raise PlatformError(f"port {self._port} is in use: choose another with --port")

    async def _start_parts(self) -> None:
        """Each as soon as those it needs are ready; raises what the first that fails raises."""
        ready = {part.name: asyncio.Event() for part in self._parts}
        tasks = []
        for number, part in enumerate(self._parts):
            before = part.after if part.after is not None else list(ready)[:number]
            needed = [ready[name] for name in before]
            tasks.append(asyncio.create_task(self._start_part(part, needed, ready[part.name])))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _start_part(
        self, part: Part, needed: Sequence[asyncio.Event], ready: asyncio.Event
    ) -> None:
        for event in needed:
            await event.wait()
        self._tell(part.phase)
        self._begun.append(part)
        await part.start()
        await part.ready()
        self._tell(self._state.phase)
        ready.set()

    async def wait(self) -> None:
        """As long as all is well; PlatformError when an essential part is gone."""
        while True:
            for part in self._parts:
                await part.tend()
            if self._state.phase != READY:
                self._tell(READY)
            await asyncio.sleep(TEND_POLL_S)

    async def stop(self) -> Sequence[str]:
        """Every process that was started ends, in reverse order, each part within its bound.

        What a part leaves of its time is the next one's. The names of those that were gone before,
        or had to be killed.
        """
        if self._lock is None:
            return ()
        deadline, not_in_order = time.monotonic(), self._state.not_in_order
        self._tell_in_the_end("stopping")
        for part in reversed(self._parts):
            deadline += part.stop_timeout_s
            if part in self._begun and not await _stopped(part, deadline):
                not_in_order.append(part.name)
        if self._site is not None:
            await run_folder.end_leftovers(self.data_dir, SWEEP_TIMEOUT_S)
        self._begun.clear()
        self._tell_in_the_end(STOPPED)
        self._lock.release()
        self._lock = None
        return not_in_order

    def _tell_in_the_end(self, phase: str) -> None:
        """A terminal that is gone or a full disk keeps nothing running."""
        with contextlib.suppress(OSError):
            self._tell(phase)

    def _tell(self, phase: str) -> None:
        changed = phase != self._state.phase
        self._state.phase = phase
        if self._site is not None:
            self._state.dashboard_url = self._site.dashboard_url
            self._state.runtime_dir = str(self._site.runtime_dir)
            cell = self._site.settings.cell
            self._state.partitions, self._state.actors = cell.partitions, cell.actors
        self._state.parts = {part.name: part.pids() for part in self._begun}
        state.write(self.data_dir, self._state)
        if changed:
            with contextlib.suppress(OSError, ValueError):  # nobody listens any more
                self.on_phase(phase)


async def _stopped(part: Part, deadline: float) -> bool:
    """Whether it stopped in order and in time; what it says otherwise is logged."""
    within_s = max(0.0, deadline - time.monotonic())
    stopping = asyncio.ensure_future(part.stop(within_s))
    await asyncio.wait({stopping}, timeout=within_s + LATE_S)
    if not stopping.done():
        stopping.cancel()
        told = f"did not stop in {within_s:.0f} s"
    elif (error := stopping.exception()) is not None:
        told = str(error) or repr(error)
    else:
        return True
    logging.getLogger(__name__).warning("stopping %s: %s", part.name, told)
    return False


def stop_timeout_s(parts: Sequence[type[Part]] = PARTS) -> float:
    """How long a stop takes at most."""
    return sum(part.stop_timeout_s + LATE_S for part in parts) + SWEEP_TIMEOUT_S
