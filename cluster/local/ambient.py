"""What of the environment that `headrace up` is called in reaches the platform's parts.

Variables of programs that are parts of ours mean other programs of the user's: they are left out.
All else stays, such as PATH, HOME, HTTPS_PROXY or AWS_PROFILE. PostgreSQL and HAProxy get none.
"""

import os
import re
import warnings
from collections.abc import Mapping

LEFT_OUT: Mapping[str, str] = {
    r"PG\w+": "of the user's other databases; where HEADRACE_DATABASE_URL names one, it counts",
    r"RAY_\w*": "of the user's other clusters",
    r"(SERVE|DASHBOARD|REPORTER|METRICS_RECORD|AUTOSCALER|EVENT|SCAN_EVENT|GCS|LISTEN|TPU|"
    r"RUNTIME_ENV|REQUEST_LATENCY|MODEL_LOAD_LATENCY|LOG_NAME|FUNCTION_SIZE|CANDIDATE_AGENT|"
    r"NODE_STATS|AGENT_GRPC|BAD_RUNTIME_ENV|PERFTOOLS)_\w+":
        "of Ray, too; LISTEN_FDS and the like are systemd's, for the process that it starts",
    r"\w+_NO_EXTENSIONS|AIOHTTP_\w+": "of the libraries that Ray's own pages stand on",
    r"(GRPC_\w+|(no_)?grpc_proxy)": "of Ray's connections, which stay on this machine",
    r"PYTHON(?!PATH$|HOME$|PLATLIBDIR$|NOUSERSITE$|USERBASE$|PYCACHEPREFIX$|DONTWRITEBYTECODE$)\w+":
        "of the user's interpreter, but for where modules are found and kept",
    r"UVICORN_\w+|WEB_CONCURRENCY|FORWARDED_ALLOW_IPS": "of the gateways' server",
    r"HAPROXY_\w+": "of the front",
    r"LC_\w+|LANG|LANGUAGE|TZ": "how people write; our parts' are set below",
    r"TMPDIR|TEMP|TMP": "may be removed before the platform ends",
    r"NOTIFY_SOCKET|WATCHDOG_\w+": "of systemd, for the process that it starts",
    r"VIRTUAL_ENV|UV_\w+|PIP_\w+": "of installing, which no part does",
    r"SSLKEYLOGFILE": "keys of TLS belong in no file",
}  # fmt: skip
"""Names of variables, and why."""
_LEFT_OUT = re.compile("|".join(f"(?:{names})" for names in LEFT_OUT))
_OF_DATABASES = re.compile(r"PG\w+")

OURS = {"LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "TZ": "UTC"}

LOOPBACK = "127.0.0.1,localhost,::1"
"""Never behind a proxy: where the parts find each other."""

_PATHS = (
    "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGSSLCRL", "PGPASSFILE", "PGSERVICEFILE",
    "PYTHONPATH", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Of files and folders, also several: absolute for parts, which work in another folder."""


def of_parts(variables: Mapping[str, str], *, own_database: bool) -> dict[str, str]:
    """Those that parts are started in, by these of a shell."""
    kept = {
        name: value
        for name, value in variables.items()
        if not _LEFT_OUT.fullmatch(name) or (not own_database and _OF_DATABASES.fullmatch(name))
    }
    paths = {name: _absolute(kept[name]) for name in _PATHS if kept.get(name)}
    return kept | paths | OURS | _no_proxy(variables)


def leave_out(*, own_database: bool) -> None:
    """Makes them this process's own, of which its children have theirs."""
    if "PYTHONWARNINGS" in os.environ:  # heeded by now, and meant for other programs' warnings
        warnings.simplefilter("ignore")
    reach = of_parts(os.environ, own_database=own_database)
    for name in os.environ.keys() - reach.keys():
        del os.environ[name]
    os.environ.update(reach)


def _absolute(paths: str) -> str:
    return os.pathsep.join(map(os.path.abspath, paths.split(os.pathsep)))


def _no_proxy(variables: Mapping[str, str]) -> dict[str, str]:
    """Some programs read the one, some the other."""
    said = variables.get("no_proxy") or variables.get("NO_PROXY") or ""
    return dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(filter(None, (said, LOOPBACK))))
