"""Standard output was closed, full or read no further: tracebacks, a wrong exit code, lost answers.

Rich ends the process with 1 at a broken pipe, which `verify` would mean as "the books are wrong".

| door                          | standard output                   |                            |
|-------------------------------|-----------------------------------|----------------------------|
| payment create, deposit, ...  | full, closed, pipe without reader | found: the id is lost      |
| key, tenant create            | the same                          | found: the key is lost     |
| payment show, lists           | full                              | found: traceback           |
| the same                      | closed                            | found: exit 0              |
| the same                      | pipe without reader               | found: 1, not 141          |
| the same, `--json`            | pipe without reader               | clean                      |
| events tail                   | full                              | found: traceback           |
| verify                        | full, pipe without reader         | found: 1, "the database"    |
| a failure with `--json`       | full, pipe without reader         | found: traceback           |
| words on standard error       | full, pipe without reader         | found: traceback           |
| words on standard error       | closed                            | found: on standard output  |
| up: what it shows once it is  | any                               | found: the platform ended  |
| --help, --version             | full                              | found: traceback           |
| a file as --data-dir          | (the system refuses)              | found: traceback           |
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TextIO

import pytest
from support.canned_api import Canned, served

from headrace.cluster.cli.failures import NotWritten
from headrace.cluster.cli.main import app
from headrace.cluster.cli.verify import Shown
from headrace.cluster.cli.view import screen
from headrace.runtime.verify import Check

ID = "01993c1e-7d2a-7c3b-9f00-52a1c0de0007"
PAYMENT = {"id": ID, "status": "settled", "amount": 1, "currency": "EUR"}
FULL = ("full", 1, "standard output: No space left on device")
CLOSED = ("closed", 1, "standard output: Bad file descriptor")
UNREAD = ("unread", 141, "")
BROKEN = [FULL, CLOSED, UNREAD]
OPENED: list[TextIO] = []


@pytest.fixture(scope="module")
def api() -> Iterator[Canned]:
    answers = {
        "POST": PAYMENT, "POST /v1/tenants": {"tenant": "shop", "api_key": "hr_new"},
        "GET /v1/payments": {"items": [PAYMENT]}, "GET /v1/payments/x": PAYMENT,
        "GET /v1/events": b"id: 0:1\ndata: {}\n\n", "GET /v1/payments/x/timeline": {"items": []},
    }  # fmt: skip
    with served(answers) as canned:
        yield canned


def broken(how: str) -> TextIO | None:
    """A stream that takes nothing, as Python makes them of file descriptors."""
    if how == "closed":
        return None
    writing = os.open("/dev/full", os.O_WRONLY)
    if how == "unread":
        os.close(writing)
        reading, writing = os.pipe()
        os.close(reading)
    stream = os.fdopen(writing, "w")
    OPENED.append(stream)
    return stream


@pytest.fixture(autouse=True)
def _closed_at_the_end() -> Iterator[None]:
    yield
    while OPENED:
        with suppress(OSError):
            OPENED.pop().close()


def run(api: Canned, monkeypatch: pytest.MonkeyPatch, command: str, **streams: str) -> int:
    monkeypatch.setenv("HEADRACE_URL", api.url)
    monkeypatch.setenv("HEADRACE_API_KEY", "hr_x")
    for name, how in streams.items():
        monkeypatch.setattr(sys, name, broken(how))
    with pytest.raises(SystemExit) as ended:
        app(command.split())
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()  # as at the end of the process
    return int(ended.value.code or 0)


CHANGING = [
    "payment create a b 0.01 EUR", "payment create a b 0.01 EUR --json", "payment capture x",
    "account deposit a 1 EUR --json", "account freeze a", "tenant create shop",
]  # fmt: skip
LOOKING = [
    "payment show x", "payment show x --json", "payment list", "payment list --json",
    "events tail --no-follow", "events tail --no-follow --json",
]  # fmt: skip


@pytest.mark.parametrize(("how", "code", "says"), BROKEN)
@pytest.mark.parametrize("command", CHANGING)
def test_what_was_carried_out_is_told(
    api: Canned, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    command: str, how: str, code: int, says: str,
) -> None:  # fmt: skip
    assert run(api, monkeypatch, command, stdout=how) == code
    told = capsys.readouterr().err.splitlines()
    (line,) = [line for line in told if line.startswith("carried out: ")]
    data = json.loads(line.removeprefix("carried out: "))
    assert data == (PAYMENT if "tenant" not in command else {"tenant": "shop", "api_key": "hr_new"})
    assert [line for line in told if line.startswith("headrace: ")] == (
        [f"headrace: {says}"] if says else []
    )


@pytest.mark.parametrize(("how", "code", "says"), BROKEN)
@pytest.mark.parametrize("command", LOOKING)
def test_what_was_only_looked_at_is_not(
    api: Canned, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    command: str, how: str, code: int, says: str,
) -> None:  # fmt: skip
    assert run(api, monkeypatch, command, stdout=how) == code
    told = capsys.readouterr().err
    assert len(told.splitlines()) == bool(says)
    assert says in told


@pytest.mark.parametrize("how", ["full", "closed", "unread"])
def test_a_failure_keeps_its_exit_code(
    api: Canned, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    assert run(api, monkeypatch, "account show a --json", stdout=how) == 1
    assert "not_found" in capsys.readouterr().err
    assert run(api, monkeypatch, "account show a --url x --json", stdout=how) == 2


@pytest.mark.parametrize("how", ["full", "closed", "unread"])
@pytest.mark.parametrize(("command", "code"), [(CHANGING[1], 0), ("account show a --json", 1)])
def test_words_that_nobody_hears_change_nothing(
    api: Canned, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    command: str, code: int, how: str,
) -> None:  # fmt: skip
    assert run(api, monkeypatch, command, stderr=how) == code
    assert len(capsys.readouterr().out.splitlines()) == 1
    assert run(api, monkeypatch, command, stderr=how, stdout=how) != 0


@pytest.mark.parametrize(("how", "code", "says"), [FULL, UNREAD])
def test_checks_of_the_books_end_as_any_other_command(
    monkeypatch: pytest.MonkeyPatch, how: str, code: int, says: str
) -> None:
    monkeypatch.setattr(sys, "stdout", broken(how))
    with Shown(screen(), 1) as shown:
        shown.begun("x")
        with pytest.raises(NotWritten) as ended:
            shown.ended(Check("x", "pass", "1", ""))
    assert (ended.value.exit_code, ended.value.message) == (code, says)


@pytest.mark.parametrize(
    ("command", "code", "lines"),
    [
        ("--version >/dev/full", 1, 1),
        ("--help >/dev/full", 1, 1),
        ("payment create a b 1 EUR >/dev/full", 1, 3),
        ("payment create a b 1 EUR >&- 2>&-", 1, 0),
        ("payment list | true; exit ${PIPESTATUS[0]}", 141, 0),
        ("status --data-dir /dev/null", 1, 1),
    ],
)
def test_the_program_itself(api: Canned, command: str, code: int, lines: int) -> None:
    """Until it has ended: what a stream still held is not told of by the interpreter."""
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -m headrace.cluster.cli {command}'],
        env=os.environ | {"HEADRACE_URL": api.url, "HEADRACE_API_KEY": "hr_x"},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == lines, done.stderr
    assert done.returncode == code
