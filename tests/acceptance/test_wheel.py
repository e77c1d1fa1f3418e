"""The built wheel, in a clean environment below a home that is closed to others.

Started by an ordinary user, then, where the tests run as root, by root on the same installation:
PostgreSQL's own user can reach neither that home nor what is in it.
"""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
INTERPRETERS = (sys._base_executable, "/usr/bin/python3")  # type: ignore[attr-defined]  # not in typeshed


class Home:
    """An ordinary user's home of mode 0700 with an installation in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.chmod(0o700)
        self.identity: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(path, user.pw_uid, user.pw_gid)
            self.identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def run(
        self, *command: str | Path, as_root: bool = False, timeout_s: float = 180
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd="/",
            env={"PATH": os.defpath, "HOME": str(self.path)},
            capture_output=True,
            text=True,
            timeout=timeout_s,
            **({} if as_root else self.identity),
        )

    def headrace(self, *arguments: str | Path, as_root: bool = False) -> dict[str, Any]:
        program = self.path / "venv" / "bin" / "headrace"
        done = self.run(program, *arguments, "--json", as_root=as_root)
        assert done.returncode == 0, done.stderr + done.stdout
        told = json.loads(done.stdout.splitlines()[-1])
        assert isinstance(told, dict)
        return told


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    path = Path(tempfile.mkdtemp(prefix="headrace-home-", dir="/tmp"))
    home = Home(path)
    try:
        _install(home)
        yield home
    finally:
        shutil.rmtree(path)


def _install(home: Home) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    subprocess.run([*build, home.path / "dist", ROOT], check=True, capture_output=True, timeout=60)
    (wheel,) = (home.path / "dist").glob("*.whl")
    usable = [python for python in INTERPRETERS if _is_usable(home, python)]
    if not usable:
        pytest.skip("no Python 3.11 that an ordinary user can run")
    assert home.run(usable[0], "-m", "venv", home.path / "venv").returncode == 0
    # By uv as the tests' user, for its cache; the installation stays the home's owner's to read.
    install = [UV, "pip", "install", "--python", home.path / "venv" / "bin" / "python"]
    install += ["--link-mode", "copy", "--compile-bytecode", "--verify-hashes"]
    install += ["--constraints", ROOT / "requirements.lock", wheel]
    subprocess.run(install, check=True, capture_output=True, timeout=300)


def _is_usable(home: Home, python: str) -> bool:
    check = "import ensurepip, sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return home.run(python, "-c", check).returncode == 0
    except OSError:
        return False


@pytest.mark.parametrize("as_root", [False, True], ids=["ordinary user", "root"])
def test_installed_wheel_gives_a_working_platform(
    home: Home, pay: Any, processes_of: Any, assert_all_end: Any, free_port: int, as_root: bool
) -> None:
    if as_root and os.geteuid() != 0:
        pytest.skip("not root")
    data_dir = home.path / f"data-{as_root}"
    linked = data_dir / "postgres"
    try:
        up = ("up", "--detach", "--data-dir", data_dir, "--port", str(free_port))
        told = home.headrace(*up, as_root=as_root)
        keys = json.loads((data_dir / "credentials.json").read_text())
        assert pay(told["url"], keys["api_key"])["status"] == "settled"
        load = ("bench", "--data-dir", data_dir, "--seconds", "0.5", "--rounds", "1")
        assert home.headrace(*load, as_root=as_root)["batch"]["rps"] > 0
        books = home.headrace("verify", "--data-dir", data_dir, as_root=as_root)
        assert books["result"] == "pass"
        assert linked.is_symlink() is as_root
        assert home.path.stat().st_mode & 0o777 == 0o700
        running = processes_of(data_dir)
        assert home.headrace("down", "--data-dir", data_dir, as_root=as_root)["stopped"]
        assert_all_end(running)
    finally:
        home.headrace("down", "--data-dir", data_dir, as_root=as_root)
        if linked.is_symlink():
            shutil.rmtree(linked.readlink().parent)
