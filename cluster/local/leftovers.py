"""What a platform left behind in its runtime folder: processes, Ray's logs, the folder itself."""

import contextlib
import shutil
from pathlib import Path

from headrace.cluster.local import processes, state

END_TIMEOUT_S = 10.0
RUNTIME_DIR_PREFIX = "headrace-"


async def end_leftovers(data_dir: Path) -> None:
    """Of the platform that was in a data directory last, apart from PostgreSQL."""
    before = state.read(data_dir)
    if before is None:
        return
    runtime_dir = Path(before.runtime_dir)
    if runtime_dir.is_absolute() and runtime_dir.name.startswith(RUNTIME_DIR_PREFIX):
        await clear(runtime_dir, data_dir, END_TIMEOUT_S)


async def clear(runtime_dir: Path, data_dir: Path, timeout_s: float) -> None:
    """Ends what runs in a runtime folder and removes it; Ray's logs are kept in `data_dir`."""
    await processes.end_all_below(runtime_dir, timeout_s)
    with contextlib.suppress(OSError):  # logs are worth no failed stop
        _keep_logs(runtime_dir, data_dir / "logs")
    shutil.rmtree(runtime_dir, ignore_errors=True)


def _keep_logs(runtime_dir: Path, kept: Path) -> None:
    """The logs of Ray's processes, of the last run only."""
    logs = next(runtime_dir.glob("ray/session_2*/logs"), None)
    if logs is not None:
        shutil.rmtree(kept, ignore_errors=True)
        shutil.move(logs, kept)
        kept.chmod(0o700)
