"""Ports of 127.0.0.1 for a platform's own use.

They come from below the range that systems hand out by themselves: between being found and being
listened on, a port up there may become anybody's. Serve's replicas listen from 30000 on. So that
platforms which start side by side don't find the same ones, what a process has found is claimed.
"""

import random
import socket
import sys
from collections.abc import Iterable

CHOICE = range(20_000, 30_000)
CLAIMS_MAX = 200
"""Of one process; older ones are listened on by then."""
_CLAIMS: dict[int, socket.socket] = {}


def is_free(port: int) -> bool:
    """Whether a server may listen on it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(count: int, preferred: Iterable[int] = ()) -> list[int]:
    """Different ports that nobody listens on, the preferred ones where they are free.

    Until this process ends no other is given them; itself it is given them again where it prefers
    them. Raises OSError when there are not so many.
    """
    again = dict.fromkeys(preferred)
    candidates = [*again, *random.sample(CHOICE, len(CHOICE))]
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            break
        mine = port in _CLAIMS
        if port not in found and (not mine or port in again) and is_free(port) and _claim(port):
            found.append(port)
    if len(found) < count:
        raise OSError(f"no {count} free ports between {CHOICE.start} and {CHOICE.stop}")
    return found


def _claim(port: int) -> bool:
    """By a name that one process of the network's namespace has at a time, and that ends with it.
    Only Linux has such names; elsewhere nothing is claimed."""
    if sys.platform != "linux" or port in _CLAIMS:
        return True
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0headrace-port-{port}")
    except OSError:
        claim.close()
        return False
    _CLAIMS[port] = claim
    if len(_CLAIMS) > CLAIMS_MAX:
        _CLAIMS.pop(next(iter(_CLAIMS))).close()
    return True
