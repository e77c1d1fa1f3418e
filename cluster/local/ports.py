"""Ports of 127.0.0.1 for a platform's own use.

They come from below the range that systems hand out by themselves: between being found and being
listened on, a port up there may become anybody's. Serve's replicas listen from 30000 on.
"""

import random
import socket
from collections.abc import Iterable

CHOICE = range(20_000, 30_000)


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
    """Different ports that nobody listens on, the preferred ones where they are free."""
    candidates = [*preferred, *random.sample(CHOICE, len(CHOICE))]
    found: list[int] = []
    for port in candidates:
        if len(found) == count:
            break
        if port not in found and is_free(port):
            found.append(port)
    if len(found) < count:
        raise OSError(f"no {count} free ports between {CHOICE.start} and {CHOICE.stop}")
    return found
