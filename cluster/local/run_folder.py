"""The folder of a run in a data directory: all that a platform needs while it lives, and no longer.

Processes work in `run/work`, where nobody else has reason to be: by it they are known, also when
they outlive their platform.
"""

import contextlib
import shutil
from pathlib import Path

from headrace.cluster.local import processes
from headrace.cluster.local.short_path import remove_links_to

END_TIMEOUT_S = 10.0


def run_dir(data_dir: Path) -> Path:
    """As the kernel names it."""
    return data_dir.resolve() / "run"


def work_dir(data_dir: Path) -> Path:
    return run_dir(data_dir) / "work"


def make(data_dir: Path) -> Path:
    """Both, for their owner alone. The folder of the run, in which nothing of others is left."""
    run = run_dir(data_dir)
    run.mkdir(mode=0o700)
    work_dir(data_dir).mkdir(mode=0o700)
    return run


async def end_leftovers(data_dir: Path, timeout_s: float = END_TIMEOUT_S) -> None:
    """Of the platform that was in a data directory last, apart from PostgreSQL: ends what works
    there and removes the folder of its run; Ray's logs are kept."""
    run = run_dir(data_dir)
    await processes.end_all_below(work_dir(data_dir), timeout_s)
    with contextlib.suppress(OSError):  # logs are worth no failed stop
        _keep_logs(run, data_dir / "logs")
    shutil.rmtree(run, ignore_errors=True)
    remove_links_to(run)


def _keep_logs(run: Path, kept: Path) -> None:
    """The logs of Ray's processes, of the last start that left any."""
    sessions = sorted(run.glob("ray/session_2*/logs"))  # by when they began
    telling = [logs for logs in sessions if any(log.is_file() for log in logs.iterdir())]
    if sessions:
        shutil.rmtree(kept, ignore_errors=True)
        shutil.move((telling or sessions)[-1], kept)
        kept.chmod(0o700)
