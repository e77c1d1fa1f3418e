"""What a platform on one machine is made of: one contract for all of its parts.

A part's processes work in the runtime folder or below it, by which those that outlive their
platform are found; a part that has others ends them in `end_left`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import psutil

from headrace.cluster.local.credentials import Credentials
from headrace.cluster.local.short_path import ShortPath
from headrace.runtime.settings import Settings

if TYPE_CHECKING:
    from headrace.cluster.local.ray_node import RayNode


@dataclass
class Site:
    """Where one platform is, and what its parts have found out for each other."""

    data_dir: Path
    runtime_dir: Path
    """Where its processes work; nothing else does."""
    run: ShortPath
    """The folder of this run, for files and sockets; gone afterwards."""
    port: int
    settings: Settings
    """With the ledger's URL and its number of partitions, once PostgreSQL is ready."""
    own_database: bool
    """Whether the ledger's is the platform's own PostgreSQL."""
    any_partitions: bool
    """A ledger that exists keeps its number of partitions, whatever the settings say."""
    tell: Callable[[str], None]
    """Hears what a part does while the platform runs."""
    keys: Credentials | None = None
    ray: "RayNode | None" = None
    dashboard_url: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Part:
    """`start`, `ready`, then `tend` again and again, and `stop`, which may come at any time.

    Raises PlatformError. Each is called by one task; `stop` after the others were cancelled.
    """

    name: ClassVar[str]
    phase: ClassVar[str]
    """What is told while it starts."""
    after: ClassVar[tuple[str, ...] | None] = None
    """The parts that must be ready before it starts; None: all that stand before it."""
    stop_timeout_s: ClassVar[float] = 0.0
    """Of `stop`, and of what it does when that is not enough."""

    def __init__(self, site: Site) -> None:
        self.site = site

    async def start(self) -> None:
        """Sets it going."""

    async def ready(self) -> None:
        """Returns when it serves."""

    async def tend(self) -> None:
        """Brings it back when it is gone; PlatformError when the platform can't go on without."""

    async def stop(self, within_s: float) -> None:
        """PlatformError when it was gone before, or had to be killed. Cancelled when late."""

    def pids(self) -> list[int]:
        """Of the processes that were started for it; theirs are known by them."""
        return []

    @classmethod
    async def end_left(cls, data_dir: Path) -> None:
        """Ends what a platform that was killed has left of it outside of the runtime folder."""

    @classmethod
    def words(cls, process: psutil.Process) -> str:
        """What `headrace status` calls one of its processes."""
        return cls.name
