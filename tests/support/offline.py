"""What unit tests must not do: open a socket, start Ray.

Sockets are refused by an audit hook, which sees every module's; uvloop's own, made in C, it does
not see. A pair of connected sockets, which every event loop has, is no matter.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from unittest.mock import patch

import pytest

REFUSED = {"socket.bind", "socket.connect", "socket.getaddrinfo", "socket.sendto"}


class _Hook:
    """Can't be taken out again once it is in; it is told to look away."""

    def __init__(self) -> None:
        self.installed = False
        self.looks = False

    def __call__(self, event: str, _: tuple[object, ...]) -> None:
        if self.looks and event in REFUSED:
            refuse(event)


_HOOK = _Hook()


def refuse(what: str = "ray.init", **_: object) -> NoReturn:
    """Fails a test past every `except Exception` of the code that it runs."""
    pytest.fail(f"{what} in a unit test: what needs it is an integration test")


@contextmanager
def offline() -> Iterator[None]:
    import ray  # not before: it takes a second, once

    if not _HOOK.installed:
        sys.addaudithook(_HOOK)
        _HOOK.installed = True
    _HOOK.looks = True
    try:
        with patch.object(ray, "init", lambda *_, **__: refuse()):
            yield
    finally:
        _HOOK.looks = False
