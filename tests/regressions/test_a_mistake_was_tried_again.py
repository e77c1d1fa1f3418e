"""A user's mistake went round in the retry loop: "no answer … trying again", for two minutes.

What no other try mends ends with exit code 2 before anything is sent, in one sentence that never
holds the key.

| door                         | input                                        |                  |
|------------------------------|----------------------------------------------|------------------|
| --api-key, HEADRACE_API_KEY  | line break at an end, NUL                    | found: loop      |
| the same                     | letters that aren't ASCII                    | found: traceback |
| the same                     | blank, quotes, blanks inside                 | found: 401       |
| --url, HEADRACE_URL          | no scheme, ftp://                            | found: loop      |
| the same                     | no host, port x, [::1, a label of 64 letters | found: traceback |
| the same                     | user:password@, ?query, #fragment            | found: sent on   |
| the same                     | HTTPS:// in capitals                         | found: unchecked |
| credentials.json             | the same in it                               | found            |
| credentials.json             | not JSON, not UTF-8, a folder                | clean            |
| --key, --after               | line break, letters that aren't ASCII        | found: loop      |
| --key                        | blank                                        | found: left out  |
| ids in paths                 | `..`, `.`, empty, `a/b`                      | found: elsewhere |
| --metadata                   | no `=`, a name twice                         | found: silent    |
| any argument                 | bytes that are no UTF-8                      | found: traceback |
| HTTPS_PROXY, SSL_CERT_FILE   | no proxy's URL, no such file                 | found: traceback |
| certificates                 | nobody's; TLS where plain HTTP answers       | found: loop      |
| amounts, durations, leg ids  | ill-formed                                   | clean            |
| --expires-in, --at, --types  | empty                                        | found: left out  |
"""

import json
import os
import ssl
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.canned_api import Canned, served
from typer.testing import CliRunner

from headrace.cluster.cli.address import checked_url, request_path
from headrace.cluster.cli.client import Api
from headrace.cluster.cli.connection import mistaken
from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.main import app

KEY = "hr_0123456789abcdef0123456789abcdef0123456789a"
SECRET = "s3cret"

KEYS = [
    f"{KEY}\n", f"{KEY}\r\n", f"\n{KEY}", f" {KEY}", f"{KEY} ", f"{KEY[:9]} {KEY[9:]}",
    f"Bearer {KEY}", f'"{KEY}"', f"'{KEY}'", f"{KEY}\t", f"{KEY}\u00e9", f"{KEY}\u2019",
    f"\ufeff{KEY}", f"{KEY}\u200b", f"{KEY}\x7f", f"{KEY}\x1b[2J", f"{KEY},{KEY}", "", " ", "\n",
]  # fmt: skip
URLS = [
    "127.0.0.1:8080", "localhost", "//localhost", "http:localhost", "http:/localhost", "", " ",
    "ftp://localhost", "file:///etc/passwd", "unix:///tmp/x", "http://", "https://", "http:///v1",
    "http://localhost:99999", "http://localhost:0", "http://localhost:x", "http://localhost:-1",
    "http://[::1", "http://[zz]", "http://a b", "http://localhost\n", " http://localhost",
    "http://local\thost", "http://local\u200bhost", "http://h\\x", "http://a..b", "http://*",
    "http://" + "a" * 64 + ".com", f"http://me:{SECRET}@localhost", f"http://{KEY}@localhost",
    f"http://localhost?key={SECRET}", f"http://localhost/#{SECRET}", KEY, f"{KEY}:8080",
]  # fmt: skip


@pytest.fixture
def api() -> Iterator[Canned]:
    with served({"GET": {"items": []}, "POST": {"id": "x"}}) as canned:
        yield canned


def mistake(*arguments: str, url: str = "http://127.0.0.1:9", key: str = KEY, **more: str) -> str:
    """What the command said, which ended with 2 and a sentence."""
    done = CliRunner().invoke(
        app, arguments, env={"HEADRACE_URL": url, "HEADRACE_API_KEY": key, **more}
    )
    told = done.output + "".join(traceback.format_exception(done.exception or SystemExit()))
    assert done.exit_code == 2, told
    assert isinstance(done.exception, SystemExit)
    assert SECRET not in told
    assert KEY not in told
    assert "again" not in done.output
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("command", ["payment list", "pay -", "events tail", "key list --json"])
def test_a_key_that_is_none(command: str, key: str) -> None:
    assert "--api-key or HEADRACE_API_KEY" in mistake(*command.split(), "--api-key", key)


@pytest.mark.parametrize("url", URLS)
def test_a_url_that_is_none(url: str) -> None:
    assert "--url or HEADRACE_URL" in mistake("payment", "list", "--url", url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080", "http://127.0.0.1:8080/", "https://pay.example.com/eu/headrace/",
        "http://[::1]:8080", "http://head_race:80", "HTTPS://b\u00fccher.example", "http://a.b.",
    ],
)  # fmt: skip
def test_a_url_that_is_one(url: str) -> None:
    told = checked_url(url, "")
    assert told.startswith(("http://", "https://"))
    assert not told.endswith("/")
    assert httpx.URL(told) == httpx.URL(url.rstrip("/"))


def test_certificates_are_checked_however_https_is_spelt() -> None:
    url = checked_url("HTTPS://localhost:1", "")
    for spelt in (url, "HTTPS://localhost:1"):
        pool = Api(spelt, KEY)._http._transport._pool  # type: ignore[attr-defined]  # where httpx keeps it
        assert pool._ssl_context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"url": "localhost", "api_key": KEY}, "the URL in"),
        ({"url": f"http://me:{SECRET}@h", "api_key": KEY}, "the URL in"),
        ({"url": "http://h", "api_key": f"{KEY}\n"}, "the key in"),
        ({"url": "http://h"}, "no API key in"),
        (f'{{"api_key": "{KEY}"', "cannot read"),
        (f'{{"api_key": "{KEY}"}}', "cannot read"),
        (b"\xff\xfe", "cannot read"),
        (b"", "cannot read"),
        (None, "cannot read"),
    ],
)
def test_a_file_of_keys_that_is_none(tmp_path: Path, content: object, says: str) -> None:
    file = tmp_path / "credentials.json"
    match content:
        case None:
            file.mkdir()
        case bytes():
            file.write_bytes(content)
        case str():
            file.write_text(content)
        case _:
            file.write_text(json.dumps(content))
    done = CliRunner().invoke(app, ["payment", "list", "--data-dir", str(tmp_path)])
    assert done.exit_code == 2, done.output
    assert says in done.stderr
    assert KEY not in done.output
    assert SECRET not in done.output


HEADERS = ["a\n", "a\r\nX: y", "é", "\u2028", " ", "a b", "", "\x00", "\x7f"]


@pytest.mark.parametrize("value", HEADERS, ids=ascii)
@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("payment create a b 1 EUR", "--key"), ("payment capture x", "--key"),
        ("payment cancel x", "--key"), ("account deposit a 1 EUR", "--key"),
        ("events tail", "--after"),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_sent(command: str, option: str, value: str) -> None:
    assert option in mistake(*command.split(), option, value)


@pytest.mark.parametrize(
    ("id", "path"),
    [
        ("..", "/v1/accounts/%2E%2E/freeze"), (".", "/v1/accounts/%2E/freeze"),
        ("a/../b", "/v1/accounts/a%2F..%2Fb/freeze"), ("a?b#c", "/v1/accounts/a%3Fb%23c/freeze"),
        ("a\n", "/v1/accounts/a%0A/freeze"), ("é", "/v1/accounts/%C3%A9/freeze"),
    ],
)  # fmt: skip
def test_an_id_is_one_part_of_a_path(api: Canned, id: str, path: str) -> None:
    variables = {"HEADRACE_URL": api.url, "HEADRACE_API_KEY": KEY}
    CliRunner().invoke(app, ["account", "freeze", id], env=variables)
    assert [line for line, _ in api.asked] == [f"POST {path}"]
    with pytest.raises(BadInput):
        request_path("accounts", "")


@pytest.mark.parametrize("command", ["payment show", "account close", "key revoke", "key rotate"])
def test_an_id_that_is_empty(command: str) -> None:
    assert "id" in mistake(*command.split(), "")


@pytest.mark.parametrize("pairs", [["x"], ["=x"], ["a=1", "a=2"], ["a=1", "a=1"]])
def test_metadata_that_is_none(pairs: list[str]) -> None:
    given = [part for pair in pairs for part in ("--metadata", pair)]
    assert "--metadata" in mistake("payment", "create", "a", "b", "1", "EUR", *given)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTP_PROXY", f"nonsense://me:{SECRET}@proxy"), ("ALL_PROXY", "socks5://proxy"),
        ("HTTP_PROXY", f"http://me:{SECRET}/@proxy:x"), ("HTTPS_PROXY", "http://[::1"),
        ("SSL_CERT_FILE", "/no/such/file"),
    ],
)  # fmt: skip
def test_a_proxy_or_certificate_that_is_none(variable: str, value: str) -> None:
    told = mistake("payment", "list", url="https://pay.invalid", **{variable: value})
    assert variable in told


@pytest.mark.parametrize("where", ["argument", "HEADRACE_URL", "HEADRACE_DATA_DIR"])
def test_bytes_that_are_no_text(where: str) -> None:
    wrong = os.fsencode(KEY) + b"\xff"
    variables = {"HEADRACE_URL": b"http://127.0.0.1:9", "HEADRACE_API_KEY": KEY.encode()}
    arguments = [b"--label", wrong] if where == "argument" else []
    done = subprocess.run(
        [sys.executable, "-m", "headrace.cluster.cli", "key", "create", "--json", *arguments],
        env=os.environb
        | {name.encode(): value for name, value in variables.items()}
        | ({where.encode(): wrong} if where != "argument" else {}),
        capture_output=True, timeout=60, text=True,
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "UTF-8" in done.stderr
    assert KEY not in done.stderr + done.stdout
    assert json.loads(done.stdout)["error"]["code"] == "bad_input"


def test_a_server_without_tls(api: Canned) -> None:
    url = api.url.replace("http:", "https:")
    assert "no TLS" in mistake("payment", "list", url=url)
    assert "no TLS" in mistake("events", "tail", url=url)


def test_what_another_try_may_mend_is_tried_again() -> None:
    cases: list[tuple[httpx.RequestError, bool]] = [
        (httpx.ConnectError("Name or service not known"), False),
        (httpx.ReadTimeout(""), False),
        (httpx.RemoteProtocolError(""), False),
        (httpx.LocalProtocolError(f"Illegal header value b'{KEY}'"), True),
        (httpx.UnsupportedProtocol(""), True),
    ]
    for error, hopeless in cases:
        assert bool(mistaken(error, "http://h")) is hopeless
        assert KEY not in mistaken(error, "http://h")
    untrusted = httpx.ConnectError("")
    untrusted.__cause__ = ssl.SSLCertVerificationError("self-signed certificate")
    untrusted.__cause__.verify_message = "self-signed certificate"
    assert "self-signed" in mistaken(untrusted, "https://h")


@pytest.mark.parametrize(
    "arguments",
    [
        ("payment", "create", "a", "b", "0.01", "EUR", "--capture", "manual", "--expires-in", ""),
        ("payment", "create", "a", "b", "0.01", "EUR", "--key", ""),
        ("key", "create", "--expires-in", ""),
        ("events", "tail", "--no-follow", "--after", ""),
    ],
    ids=" ".join,
)
def test_an_empty_option_is_not_one_left_out(arguments: tuple[str, ...]) -> None:
    """As a script gives it whose variable is empty: a hold for the default time, another key."""
    assert mistake(*arguments)


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        (("account", "show", "alice", "--at", ""), "at="),
        (("events", "tail", "--no-follow", "--types", ""), "types="),
    ],
    ids=str,
)
def test_an_empty_filter_is_the_platforms_to_refuse(
    api: Canned, arguments: tuple[str, ...], asked: str
) -> None:
    CliRunner().invoke(app, arguments, env={"HEADRACE_URL": api.url, "HEADRACE_API_KEY": KEY})
    ((line, _), *_) = api.asked
    assert asked in line
