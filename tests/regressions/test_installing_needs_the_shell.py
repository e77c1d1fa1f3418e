"""`make install` ended where the home can't be written, and followed what the shell said of pip.

Siblings looked for, in what make would run:

| door | input | |
|---|---|---|
| make install | HOME that can't be written, or isn't set | found: uv's cache |
| make install | PIP_USER, PIP_TARGET, PIP_PREFIX, UV_TARGET, UV_SYSTEM_PYTHON | found: elsewhere |
| make install | PYTHONHOME, PYTHONPATH | found: no Python, or another's pip |
| make install | PIP_INDEX_URL, UV_INDEX_URL, HTTPS_PROXY, SSL_CERT_FILE | clean: they count |
| make install | UV_CACHE_DIR, XDG_CACHE_HOME that can be written | clean: they count |
| headrace up | HOME that can't be written | clean: tests/acceptance/test_a_hostile_machine.py |
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OWN_CACHE = "UV_CACHE_DIR=.venv/cache"
SAYS_ELSEWHERE = (
    "PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "UV_TARGET", "UV_PREFIX",
    "UV_SYSTEM_PYTHON",
)  # fmt: skip


def would_run(folder: Path, variables: dict[str, str]) -> list[str]:
    """What installs, of all that `make install` would run on a new clone."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    done = subprocess.run(
        ["make", "--dry-run", "install"], cwd=folder, capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.replace("\\\n", "").splitlines()
    return [line for line in lines if " pip install " in line or " -m venv " in line]


@pytest.mark.parametrize("name", ["HOME", "XDG_CACHE_HOME", "UV_CACHE_DIR"])
def test_where_none_can_be_written_the_cache_is_beside_what_it_is_for(
    name: str, tmp_path: Path
) -> None:
    """In /proc root can make nothing, either."""
    lines = would_run(tmp_path, {"HOME": str(tmp_path), name: "/proc"})
    assert lines
    assert [line for line in lines if OWN_CACHE not in line] == []


@pytest.mark.parametrize("name", ["HOME", "XDG_CACHE_HOME", "UV_CACHE_DIR"])
def test_a_cache_that_can_be_written_is_shared(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    lines = would_run(tmp_path, {"HOME": "/proc", name: str(folder)})
    assert [line for line in lines if OWN_CACHE in line] == []


def test_it_is_installed_where_it_is_told(tmp_path: Path) -> None:
    variables = dict.fromkeys(SAYS_ELSEWHERE, "/nowhere") | {"PIP_USER": "1"}
    lines = would_run(tmp_path, {"HOME": str(tmp_path), **variables})
    assert len(lines) >= 3
    for line in lines:
        assert [name for name in SAYS_ELSEWHERE if f"-u {name} " not in line] == []
        assert "PIP_USER=0" in line
