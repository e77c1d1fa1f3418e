"""What a server of tests is asked, and what it answers: a line of JSON each."""

from typing import Literal

import msgspec

EXAMPLES = 60
"""Of each property a run of tests tries, the same ones every time."""


class Job(msgspec.Struct, kw_only=True):
    """Tests to be run in a process of their own. A test is a function: `path::function`."""

    paths: list[str]
    """Files and folders of tests below the tree."""
    ignored: list[str] = []
    tests: list[str] | None = None
    """Only these, in this order, until one fails; None: all, to the end."""
    traced: list[str] = []
    """Modules whose lines are remembered, by the test that ran them."""
    packages: list[str] = []
    """Packages of whose other modules it is remembered that a test ran them."""
    file: str = ""
    text: bytes = b""
    """A module's file below the tree and what stands there meanwhile."""
    environment: dict[str, str] = {}
    timeout_s: float


class Ran(msgspec.Struct, omit_defaults=True):
    """What one test of an unmutated tree took and reached."""

    seconds: float = 0.0
    lines: dict[str, set[int]] = {}
    modules: set[str] = set()


class Report(msgspec.Struct, omit_defaults=True):
    """`killed` when a test failed, the tests could not be collected, the process died or its time
    was over."""

    outcome: Literal["passed", "killed", "misused"] = "killed"
    by: str = ""
    """The test that failed, or what else happened."""
    failed: list[str] = []
    ran: dict[str, Ran] = {}
    at_import: dict[str, set[int]] = {}
    """Traced lines that ran outside of every test."""
    seconds: float = 0.0
