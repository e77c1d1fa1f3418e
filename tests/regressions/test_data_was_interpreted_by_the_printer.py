"""Text of others was taken for markup, or for orders to the terminal, by what printed it.

`headrace payment create … --metadata 'x=[/y]'` paid, then ended in rich's MarkupError: a person
pays again. `payment show` of a description with `ESC c` cleared the terminal of whoever looked.

| door                                    | input                              |                  |
|-----------------------------------------|------------------------------------|------------------|
| payment create, metadata                | `x=[/y]`                           | found: traceback |
| payment show, description: C0           | `ESC c`, BEL, BS, CR, LF           | found: raw       |
| payment show: C1, bidi, invisible       | U+009B, U+202E, U+200B, U+3164     | found: raw       |
| lists: any column                       | `[/y]`, `:tada:`                   | found: drawn     |
| the same in `--json`                    | U+009B, U+202E                     | found: raw       |
| events tail                             | U+009B, U+2028 in an event         | found: raw       |
| refusals, on standard error             | `ESC c`, line ends in `detail`     | found: raw       |
| status, up, down: the data directory    | `/tmp/a[/b]`                       | found: traceback |
| verify: figures and details             | `ESC c`                            | found: raw       |
| subject forget: the question            | `ESC c` in an account              | found: raw       |
| metadata's pairs on one line            | `a` = `1, b=2`                     | found: two pairs |
| an encoding without the letter          | `é` in ASCII                       | found: traceback |
| Typer's own messages                    | `[/y]` as command, option, value   | clean            |
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from rich.console import RenderableType
from support.canned_api import Canned, served
from typer.testing import CliRunner

from headrace.cluster.cli.main import app
from headrace.cluster.cli.output import Outcome, answer, json_line
from headrace.cluster.cli.printable import is_seen, printable
from headrace.cluster.cli.up_view import status_table, welcome
from headrace.cluster.cli.verify import Shown
from headrace.cluster.cli.view import Screen, cell, drawn, fields, rows
from headrace.cluster.local.credentials import Credentials
from headrace.runtime.verify import Check

ID = "01993c1e-7d2a-7c3b-9f00-52a1c0de0007"
TIME = "2026-11-28T12:21:51.123456Z"
UNSEEN = [
    *map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)),
    "\u00ad", "\u034f", "\u061c", "\u115f", "\u180e", "\u200b", "\u200d", "\u200e", "\u2028",
    "\u2029", "\u202a", "\u202e", "\u2060", "\u2066", "\u2069", "\u2800", "\u3164", "\ufe0f",
    "\ufeff", "\uffa0", "\ufff9", "\U000e0041", "\U000e0101", "\ue000", "\ud800",
]  # fmt: skip
MARKUP = ["[/y]", "[red]x[/red]", "[link=file:///etc/passwd]x[/link]", r"\[x]", ":tada:", "[", "]"]
SEEN = ["café", "Zoë €", "日本語", "\U0001f980", "a b", "x\\y", "e\u0301"]

PAYMENT = {
    "id": ID, "status": "settled", "debtor": "a", "creditor": "b", "amount": 1, "currency": "EUR",
    "created_at": TIME,
}  # fmt: skip


@pytest.fixture
def api() -> Iterator[Canned]:
    with served({}) as canned:
        yield canned


def headrace(api: Canned, *arguments: str) -> Any:
    variables = {"HEADRACE_URL": api.url, "HEADRACE_API_KEY": "hr_x", "COLUMNS": "200"}
    return CliRunner().invoke(app, arguments, env=variables)


@pytest.mark.parametrize("character", UNSEEN, ids=lambda c: f"U+{ord(c):04X}")
def test_what_cannot_be_seen_is_escaped_wherever_a_value_stands(character: str) -> None:
    text = f"a{character}b"
    item = {"id": text, "metadata": {text: text}, "tags": [text], "amount": 1, "currency": text}
    for shown in (fields(item), rows([item], ("id", "amount", "metadata", "tags")), text):
        lines = drawn(shown).split("\n")
        assert all(map(is_seen, lines))
        assert text not in "\n".join(lines)
    assert character not in printable(text)


@pytest.mark.parametrize("text", [*MARKUP, *SEEN])
def test_all_other_text_is_shown_as_it_stands(text: str) -> None:
    item = {"id": text, "metadata": {"x": text}}
    assert text in drawn(fields(item))
    assert f"x={text}" in drawn(fields(item))
    assert text in drawn(rows([item], ("id",)))
    assert drawn(text) == text + "\n"
    assert printable(text) == text


@pytest.mark.parametrize("character", [c for c in UNSEEN if c != "\ud800"], ids=ascii)
def test_json_stays_json_and_says_the_same(character: str) -> None:
    data = {"description": f"a{character}b é 日本 \U0001f980"}
    line = json_line(data)
    assert is_seen(line)
    assert json.loads(line) == data


@pytest.mark.parametrize("text", [*MARKUP, "\x1bc", "\u202e", "\x9b2J"])
def test_a_command_that_has_paid_shows_the_payment_and_ends_well(api: Canned, text: str) -> None:
    api.answers["POST /v1/payments"] = PAYMENT | {"metadata": {"x": text}, "description": text}
    done = headrace(api, "payment", "create", "a", "b", "0.01", "EUR", "--metadata", f"x={text}")
    assert done.exit_code == 0, done.exception
    assert ID in done.stdout
    assert all(map(is_seen, done.stdout.split("\n")))


COMMANDS: list[tuple[str, str, dict[str, Any]]] = [
    ("payment show X", "GET /v1/payments/X", PAYMENT),
    ("payment list", "GET /v1/payments", {"items": [PAYMENT]}),
    ("account show X", "GET /v1/accounts/X", {"id": "a", "currency": "EUR"}),
    ("account list", "GET /v1/accounts", {"items": [{"id": "a", "currency": "EUR"}]}),
    ("account entries X", "GET /v1/accounts/X/entries", {"items": [{"at": TIME, "kind": "x"}]}),
    ("tenant list", "GET /v1/tenants", {"items": [{"tenant": "a", "created_at": TIME}]}),
    ("key list", "GET /v1/api-keys", {"items": [{"id": "a", "role": "member"}]}),
]


@pytest.mark.parametrize(("command", "request_line", "told"), COMMANDS, ids=lambda c: str(c)[:20])
def test_every_command_that_shows_data(
    api: Canned, command: str, request_line: str, told: dict[str, Any]
) -> None:
    def with_text(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: v if k == "currency" else with_text(v) for k, v in value.items()}
        if isinstance(value, list):
            return [with_text(v) for v in value]
        return f"{value}[/y]\x1bc\u202e" if isinstance(value, str) else value

    api.answers.update({request_line: with_text(told), f"{request_line}/timeline": {"items": []}})
    done = headrace(api, *command.split())
    assert done.exit_code == 0, done.exception
    assert r"[/y]\x1bc\u202e" in done.stdout
    assert all(map(is_seen, done.stdout.split("\n")))
    as_json = headrace(api, *command.split(), "--json")
    assert is_seen(as_json.stdout.removesuffix("\n"))
    assert json.loads(as_json.stdout).items() >= with_text(told).items()


def test_events_are_text_too(api: Canned) -> None:
    event = {"id": "0:1", "data": {"description": "a\x9b2J\u2028\u202e\x7f"}}
    line = json.dumps(event, ensure_ascii=False)
    api.answers["GET /v1/events"] = f"id: 0:1\ndata: {line}\n\n".encode()
    done = headrace(api, "events", "tail", "--no-follow")
    told, end, _ = done.stdout.split("\n")
    assert is_seen(told)
    assert json.loads(told) == event
    assert end == "1 events, up to 0:1"


def test_refusals_are_text_too(api: Canned) -> None:
    with served({}) as refusing:
        done = headrace(refusing, "payment", "show", "a\x1bc\nheadrace: paid\u202e[/y]")
    assert done.exit_code == 1
    assert all(map(is_seen, done.stderr.split("\n")))
    assert len(done.stderr.splitlines()) == 1


def test_one_pair_of_metadata_is_not_two() -> None:
    assert drawn(fields({"metadata": {"a": "1, b=2"}})) != drawn(
        fields({"metadata": {"a": "1", "b": "2"}})
    )
    assert cell("x", {"a": ""}, None) == "a="


def test_a_data_directory_is_text_too() -> None:
    place = "/tmp/a[/b]\x1bc"
    data: dict[str, Any] = dict.fromkeys(("phase", "url", "docs_url", "dashboard_url", "pid"), "x")
    data |= {"data_dir": place, "ready_after_s": 1, "legs_parked": None}
    data |= {"processes": [], "memory_mb": 0.0, "cpu_s": 0.0}
    keys = Credentials(url="http://x", operator_key="", tenant="", api_key="")
    for view in (status_table(data), welcome(data, keys, detached=True)):
        assert r"/tmp/a[/b]\x1bc" in drawn(view)


def test_checks_of_the_books_are_text_too() -> None:
    console = Screen(file=StringIO(), width=200, markup=False)
    with Shown(console, 1) as shown:
        shown.begun("x")
        shown.ended(Check("x", "fail", "1 [/y]", "first \x1bc"))
    assert isinstance(console.file, StringIO)
    assert console.file.getvalue().split(maxsplit=2)[2] == "1 [/y]; first \\x1bc\n"


@pytest.mark.parametrize("fault", [RuntimeError("x"), RecursionError("x")])
def test_what_cannot_be_laid_out_is_told_as_json(
    capsys: pytest.CaptureFixture[str], fault: Exception
) -> None:
    def view() -> RenderableType:
        raise fault

    assert answer(Outcome({"id": ID}, view, exit_code=0, changed=True), as_json=False) == 0
    assert json.loads(capsys.readouterr().out) == {"id": ID}


@pytest.mark.parametrize("as_json", [True, False])
def test_an_encoding_that_lacks_a_letter_hides_nothing(api: Canned, as_json: bool) -> None:
    api.answers["POST /v1/payments"] = PAYMENT | {"description": "é日\U0001f980"}
    command = ["payment", "create", "a", "b", "0.01", "EUR"] + ["--json"] * as_json
    done = subprocess.run(
        [sys.executable, "-m", "headrace.cluster.cli", *command],
        env=os.environ
        | {"HEADRACE_URL": api.url, "HEADRACE_API_KEY": "hr_x", "PYTHONIOENCODING": "ascii"},
        capture_output=True, text=True, encoding="ascii", timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert ID in done.stdout
    if as_json:
        assert json.loads(done.stdout)["description"] == "é日\U0001f980"
