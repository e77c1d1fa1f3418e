"""Variables and files that people have for other programs decided what our own parts did.

`PGSSLMODE=verify-full headrace up`, usual with cloud databases, ended in a traceback: connections
to the platform's own PostgreSQL read it. Siblings looked for:

| door | input | |
|---|---|---|
| own database | PGSSLMODE, PGSSLNEGOTIATION, PGTARGETSESSIONATTRS, PGGSSLIB | found |
| own database, by TCP | PGPORT, PGSSLCERT, ~/.postgresql, SSLKEYLOGFILE | found |
| own database | PGHOST, PGSSLROOTCERT, PGUSER, PGPASSFILE, PGSERVICEFILE, PGOPTIONS, PGTZ | clean |
| HEADRACE_DATABASE_URL | wrong, or with variables and files that are | found: tracebacks |
| HEADRACE_DATABASE_URL, PG…, master key, rules | relative paths | found: parts work elsewhere |
| plug-ins of Ray's workers | PYTHONPATH by relative paths | found: the same |
| Ray and its workers | RAY_…, PYTHON…, WEB_CONCURRENCY, GRPC_…, proxies, TZ | found |
| HAProxy | LD_PRELOAD, LD_LIBRARY_PATH, OPENSSL_CONF | found |
| PostgreSQL's server | PGTZ, PGOPTIONS, LD_PRELOAD, LC_ALL | clean: it gets no variables |

A whole platform in such a shell: tests/acceptance/test_a_hostile_machine.py.
"""

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest

from headrace.cluster.cli.database import settings_of_running
from headrace.cluster.cli.failures import Failure
from headrace.cluster.cli.up import _Up
from headrace.cluster.local import ambient, haproxy
from headrace.cluster.local.ports import free_ports
from headrace.runtime.database.connect import NotConnected, connect, pool
from headrace.runtime.settings import Settings, load

NONSENSE = "nonsense"
SECRET = "s3cret"
OF_OTHERS = {
    "PGSSLMODE": "verify-full",
    "PGSSLNEGOTIATION": "direct",
    "PGTARGETSESSIONATTRS": "standby",
    "PGGSSLIB": NONSENSE,
    "PGKRBSRVNAME": NONSENSE,
    "PGSSLROOTCERT": "/nowhere",
    "PGSSLCERT": "/nowhere",
    "PGSSLKEY": "/nowhere",
    "PGSSLCRL": "/nowhere",
    "PGSSLMINPROTOCOLVERSION": NONSENSE,
    "PGSSLMAXPROTOCOLVERSION": NONSENSE,
    "SSLKEYLOGFILE": "/nowhere/keys",
    "PGHOST": "nowhere.invalid",
    "PGPORT": NONSENSE,
    "PGUSER": NONSENSE,
    "PGPASSWORD": NONSENSE,
    "PGDATABASE": NONSENSE,
    "PGPASSFILE": "/proc/self/mem",
    "PGSERVICE": NONSENSE,
    "PGSERVICEFILE": "/nowhere",
    "PGOPTIONS": NONSENSE,
    "PGTZ": NONSENSE,
    "PGCLIENTENCODING": "LATIN1",
    "PGAPPNAME": NONSENSE,
}


@pytest.fixture
def strange_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of somebody with certificates, passwords and services for other databases."""
    certificates = tmp_path / ".postgresql"
    certificates.mkdir()
    for name in ("root.crt", "root.crl", "postgresql.crt", "postgresql.key"):
        (certificates / name).write_text(NONSENSE)
    (tmp_path / ".pgpass").write_text(f"*:*:*:*:{NONSENSE}\n")
    (tmp_path / ".pgpass").chmod(0o600)
    (tmp_path / ".pg_service.conf").write_text(NONSENSE)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def by_tcp(postgres_url: str, data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """As commands know the server of a platform that runs."""
    parts = urlsplit(postgres_url)
    assert parts.password is not None
    data_dir.mkdir()
    (data_dir / "postgres.password").write_text(parts.password)
    (data_dir / "postgres.port").write_text(parse_qs(parts.query)["port"][0])
    monkeypatch.delenv("HEADRACE_DATABASE_URL", raising=False)
    return settings_of_running(data_dir).ledger.database_url


@pytest.mark.parametrize("name", [*OF_OTHERS, ""])
async def test_our_own_database_is_reached_whatever_variables_say(
    name: str, postgres_url: str, strange_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By every URL that there is of it; without a name, by what files in the home say."""
    tcp_url = by_tcp(postgres_url, strange_home / "data", monkeypatch)
    if name:
        monkeypatch.setenv(name, OF_OTHERS[name])
    for url in (postgres_url, tcp_url):
        connection = await connect(Settings(database_url=url).ledger)
        assert await connection.fetchval("SELECT current_user") == "headrace"
        await connection.close()


@pytest.fixture
def bare(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """PG variables that lead to the server; a URL may leave all of them open."""
    parts = urlsplit(by_tcp(postgres_url, tmp_path / "data", monkeypatch))
    query = parse_qs(parts.query)
    monkeypatch.setenv("HOME", str(tmp_path))
    return {
        "PGHOST": query["host"][0], "PGPORT": query["port"][0], "PGUSER": str(parts.username),
        "PGPASSWORD": str(parts.password), "PGDATABASE": parts.path[1:],
    }  # fmt: skip


@pytest.mark.parametrize("by", ["PGPASSWORD", "PGPASSFILE", ".pgpass", "passfile", "service"])
async def test_variables_and_files_count_for_a_database_that_is_named(
    by: str, bare: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, password = "postgresql://", bare.pop("PGPASSWORD")
    (tmp_path / ".pgpass").write_text(f"*:*:*:*:{password}\n")
    (tmp_path / ".pgpass").chmod(0o600)
    elsewhere = (tmp_path / ".pgpass").rename(tmp_path / "passwords") if by != ".pgpass" else None
    monkeypatch.chdir(tmp_path)
    match by:
        case "PGPASSWORD":
            bare["PGPASSWORD"] = password
        case "PGPASSFILE":
            bare["PGPASSFILE"] = str(elsewhere)
        case "passfile":
            url += "/?passfile=passwords"
        case "service":
            (tmp_path / "services").write_text(f"[books]\npassword={password}\n")
            bare["PGSERVICEFILE"] = "services"
            url += "/?service=books"
    for name, value in bare.items():
        monkeypatch.setenv(name, value)
    ledger = load(database_url=url).ledger
    for name, value in ambient.of_parts(os.environ, own_database=False).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")  # parts work elsewhere
    connection = await connect(ledger)
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()


WRONG_URLS = {
    "no URL": f"{SECRET}@127.0.0.1/headrace",
    "another scheme": f"mysql://u:{SECRET}@127.0.0.1/headrace",
    "a # in the password": f"postgresql://u:{SECRET}#1@127.0.0.1/headrace",
    "a # after digits": f"postgresql://u:3301#{SECRET}@127.0.0.1/headrace",
    "a / in the password": f"postgresql://u:3301/{SECRET}@127.0.0.1/headrace",
    "a ? in the password": f"postgresql://u:3301?{SECRET}@127.0.0.1/headrace",
    "half an IPv6 address": f"postgresql://u:{SECRET}@[::1/headrace",
    "no port": f"postgresql://u:{SECRET}@127.0.0.1:{NONSENSE}/headrace",
    "a port too high": f"postgresql://u:{SECRET}@127.0.0.1:99999/headrace",
    "half a parameter": f"postgresql://u:{SECRET}@127.0.0.1:1/headrace?sslmode",
    "no such mode": f"postgresql://u:{SECRET}@127.0.0.1:1/headrace?sslmode={NONSENSE}",
    "no certificate": f"postgresql://u:{SECRET}@127.0.0.1:1/headrace?sslmode=verify-full",
    "no such socket": f"postgresql://u:{SECRET}@/headrace?host=/nowhere",
    "nobody listens": f"postgresql://u:{SECRET}@127.0.0.1:1/headrace",
    "no such host": f"postgresql://u:{SECRET}@nowhere.invalid/headrace",
}


@pytest.mark.parametrize("what", WRONG_URLS)
async def test_a_database_that_cannot_be_reached_is_told_in_one_line_without_secrets(
    what: str, strange_home: Path
) -> None:
    ledger = Settings(database_url=WRONG_URLS[what]).ledger
    for way in (connect, pool):
        with pytest.raises(NotConnected) as told:
            await way(ledger)
        said = str(told.value)
        assert "\n" not in said
        assert SECRET not in said
        assert "3301" not in said
        assert len(said) > len("connecting failed: ")


@pytest.mark.parametrize("what", ["no URL", "no certificate", "nobody listens"])
async def test_up_says_so_in_one_line(
    what: str, strange_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADRACE_DATABASE_URL", WRONG_URLS[what])
    before = os.umask(0o077)
    up = _Up(strange_home / "data", free_ports(1)[0], None, None, 0, as_json=True)
    try:
        with pytest.raises(Failure, match=r"^the ledger's database: connecting") as told:
            await up.run()
        assert "\n" not in told.value.message
        assert SECRET not in told.value.message
    finally:
        await up.stop()
        os.umask(before)


@pytest.mark.parametrize(
    "name", ["PGPORT", "PGSSLMODE", "PGSSLNEGOTIATION", "PGTARGETSESSIONATTRS", "PGGSSLIB"]
)
async def test_a_variable_that_is_wrong_is_told_in_one_line(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, NONSENSE)
    with pytest.raises(NotConnected) as told:
        await connect(Settings(database_url="postgresql://u@127.0.0.1/x?passfile=").ledger)
    assert "\n" not in str(told.value)


async def test_a_wrong_password_is_told_by_every_connection_of_a_pool(postgres_url: str) -> None:
    parts = urlsplit(postgres_url)
    wrong = postgres_url.replace(f":{parts.password}@", f":{SECRET}@")
    with pytest.raises(NotConnected, match="password authentication failed") as told:
        await pool(Settings(database_url=wrong).ledger)
    assert isinstance(told.value.__cause__, asyncpg.InvalidPasswordError)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Accepts, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_server_that_says_nothing_is_told(silent_port: int) -> None:
    url = f"postgresql://u:{SECRET}@127.0.0.1:{silent_port}/x"
    with pytest.raises(NotConnected, match=r"no answer in 0\.1 s"):
        await connect(Settings(database_url=url, connect_timeout_s=0.1).ledger)


@pytest.mark.parametrize("name", ["master_key_file", "risk_models_dir", "risk_rules_file"])
def test_files_are_known_by_paths_that_hold_in_any_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(**{name: "here/it"}).flat()[name] == f"{tmp_path}/here/it"
    assert load().flat()[name] == ""


REACHES = {
    "PATH": "/usr/bin",
    "HOME": "/home/anna",
    "PYTHONPATH": "/plugins",
    "LD_LIBRARY_PATH": "/opt/python/lib",
    "HTTPS_PROXY": "http://proxy:3128",
    "AWS_PROFILE": "books",
    "HEADRACE_ACTORS": "3",
}
DOES_NOT = (
    *OF_OTHERS, "RAY_ADDRESS", "RAY_record_ref_creation_sites", "PYTHONINSPECT", "PYTHONWARNINGS",
    "PYTHONASYNCIODEBUG", "PYTHONOPTIMIZE", "WEB_CONCURRENCY", "FORWARDED_ALLOW_IPS", "GRPC_TRACE",
    "grpc_proxy", "LANG", "LC_NUMERIC", "TMPDIR", "NOTIFY_SOCKET", "VIRTUAL_ENV",
)  # fmt: skip


def test_parts_are_started_with_what_is_theirs() -> None:
    said = REACHES | dict.fromkeys(DOES_NOT, "x") | {"LC_ALL": "de_DE", "TZ": "Asia/Tokyo"}
    told = ambient.of_parts(said, own_database=True)
    for name, value in (REACHES | {"LC_ALL": "C.UTF-8", "TZ": "UTC"}).items():
        assert told[name] == value, name
    assert [name for name in DOES_NOT if name in told] == []


@pytest.mark.parametrize("name", ["PYTHONPATH", "LD_LIBRARY_PATH", "PGSSLROOTCERT"])
def test_what_is_named_from_here_is_found_from_elsewhere(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = ambient.of_parts({name: f"own{os.pathsep}/opt/other"}, own_database=False)
    assert told[name] == f"{tmp_path}/own{os.pathsep}/opt/other"


def test_they_are_left_out_of_the_process_that_starts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nothing it imports or asks, such as where HAProxy is, hears of them either."""
    monkeypatch.setattr(os, "environ", dict.fromkeys(DOES_NOT, "x") | {"LC_ALL": "C", **REACHES})
    ambient.leave_out(own_database=True)
    assert os.environ == ambient.of_parts(REACHES, own_database=True)


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_parts_find_each_other_past_any_proxy(name: str) -> None:
    said = {"http_proxy": "http://proxy:3128", name: "intranet"}
    for told in ("no_proxy", "NO_PROXY"):
        found = ambient.of_parts(said, own_database=True)[told].split(",")
        assert found == ["intranet", "127.0.0.1", "localhost", "::1"]


READ = re.compile(r"""(?:environ(?:\.\w+)?[\[(]|getenv\(|\benv_\w+\(|get_env_\w+\()\s*"(\w+)\"""")
NOT_OF_RAYS_WAY = re.compile(
    r"HOME|CONDA_\w+|OMP_NUM_THREADS|FURIOSA_DEVICES|WINDIR|ProgramFiles|TEST\w+|OTEL_\w+|NETRC|"
    r"AZURE_\w+|AWS_\w+|LD_PRELOAD|PYTHONPATH"
)
"""What it reads besides and may: of the machine, of clouds, of its own tests."""


def test_every_variable_that_ray_reads_is_known() -> None:
    spec = find_spec("ray")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    names = {
        name
        for part in ("_private", "_common", "serve", "dashboard")
        for file in (folder / part).rglob("*.py")
        if "tests" not in file.parts
        for name in READ.findall(file.read_text("utf-8"))
    }
    assert len(names) > 100
    reach = ambient.of_parts(dict.fromkeys(names, "x"), own_database=True)
    strangers = [name for name in reach if name in names and reach[name] == "x"]
    assert [name for name in strangers if not NOT_OF_RAYS_WAY.fullmatch(name)] == []


def test_haproxy_starts_whatever_libraries_the_shell_names(tmp_path: Path) -> None:
    file = tmp_path / "haproxy.cfg"
    file.write_text("listen here\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:1\n")
    wrapper = haproxy.write_wrapper(tmp_path, Settings())
    (tmp_path / "libssl.so.3").write_text(NONSENSE)
    done = subprocess.run(
        [wrapper, "-c", "-f", file],
        env={"LD_LIBRARY_PATH": str(tmp_path), "OPENSSL_CONF": "/nowhere", "PATH": "/nowhere"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
