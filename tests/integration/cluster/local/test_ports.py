"""Ports that are found are nobody else's, also before anybody listens on them."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from headrace.cluster.local.ports import free_ports

OTHER = """
import sys
from headrace.cluster.local.ports import free_ports
print(*free_ports(3), flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="claims are Linux's")


@pytest.fixture
def other() -> Iterator[subprocess.Popen[str]]:
    """A process that has found three ports and listens on none."""
    with subprocess.Popen(
        [sys.executable, "-c", OTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def test_platforms_that_start_side_by_side_find_the_same_ports(
    other: subprocess.Popen[str],
) -> None:
    assert other.stdout is not None
    theirs = [int(port) for port in other.stdout.readline().split()]
    ours = free_ports(3, preferred=theirs)
    assert not {*ours} & {*theirs}
    other.communicate("")
    assert free_ports(3, preferred=theirs) == theirs


def test_a_part_that_starts_anew_has_its_port_again() -> None:
    ports = free_ports(2)
    assert free_ports(2, preferred=ports) == ports
