"""Clean clones of a checkout, each at its revision and with an environment of its own."""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from headrace.loadtests.platform_under_load import RunError

GIT_TIMEOUT_S, INSTALL_TIMEOUT_S = 60.0, 300.0
SAID_CHARACTERS = 2_000
_OF_AN_OUTER_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")


async def commit_of(checkout: Path, revision: str) -> str:
    """Its whole hash. RunError when the checkout has no such commit."""
    asked = f"{revision}^{{commit}}"
    return await _output(["git", "rev-parse", "--verify", "--quiet", asked], checkout)


async def is_dirty(checkout: Path) -> bool:
    """Whether it has changes that no clone will have."""
    return bool(await _output(["git", "status", "--porcelain"], checkout))


async def clone(checkout: Path, commit: str, folder: Path) -> Path:
    """Installed as its own Makefile does it; the Python that runs it. RunError when that fails."""
    source = ["--local", "--no-checkout", "--quiet", str(checkout), str(folder)]
    await _output(["git", "clone", *source], checkout)
    await _output(["git", "checkout", "--quiet", "--detach", commit], folder)
    await _output(["make", "install"], folder, INSTALL_TIMEOUT_S)
    return folder / ".venv" / "bin" / "python"


async def _output(command: list[str], where: Path, timeout_s: float = GIT_TIMEOUT_S) -> str:
    """What it printed; it and what it started have ended on return. RunError when it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=where, env=_environment(os.environ), process_group=0,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    shown = " ".join(command)
    try:
        async with asyncio.timeout(timeout_s):
            output, said = await process.communicate()
    except TimeoutError as error:
        raise RunError(f"{shown}: took longer than {timeout_s:.0f} s") from error
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.communicate()
    if process.returncode:
        told = (output + said).decode(errors="replace").strip()[-SAID_CHARACTERS:]
        raise RunError(f"{shown} failed ({process.returncode}) in {where}: {told}")
    return output.decode().strip()


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    """Without what an outer `make` hands down: its variables would be the clone's."""
    return {name: value for name, value in ours.items() if name not in _OF_AN_OUTER_MAKE}
