"""What a platform tells about itself, in its data directory."""

import os
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

FILE = "platform.json"


class State(msgspec.Struct, kw_only=True):
    """Of the platform that runs in a data directory, or ran there last."""

    pid: int
    process: str = ""
    """What tells this process from others that have its pid at other times; empty: unknown."""
    phase: str
    """What it is doing now; `ready` when payments are taken."""
    url: str
    dashboard_url: str = ""
    partitions: int = 0
    actors: int = 0
    """How many it has; 0 where it hasn't told yet."""
    runtime_dir: str = ""
    parts: dict[str, list[int]] = {}
    """The processes that were started for each part; theirs are known by them."""
    ready_after_s: float = 0.0
    not_in_order: list[str] = []
    """Once stopped: the parts that were gone before, or had to be killed."""

    @property
    def is_ready(self) -> bool:
        return self.phase == READY


READY, STOPPED = "ready", "stopped"


def make_data_dir(data_dir: Path) -> None:
    """Makes it for its owner alone; root's may be passed through, by PostgreSQL's user."""
    if not data_dir.exists():
        data_dir.mkdir(parents=True)
        data_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)


def write(data_dir: Path, state: State) -> None:
    """Replaces the file at one stroke."""
    write_private(data_dir / FILE, msgspec.json.format(msgspec.json.encode(state)))


def read(data_dir: Path) -> State | None:
    """None when nothing ever ran there."""
    try:
        return msgspec.json.decode((data_dir / FILE).read_bytes(), type=State)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_private(path: Path, content: bytes) -> None:
    """A file that its owner alone can read, replaced at one stroke."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with open_private(new, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def open_private(path: Path, mode: str) -> BinaryIO:
    """Of bytes: a file that its owner alone can read, whatever the shell's umask is."""

    def opener(name: str, flags: int) -> int:
        descriptor = os.open(name, flags, 0o600)
        os.fchmod(descriptor, 0o600)
        return descriptor

    return cast("BinaryIO", open(path, mode, opener=opener))
