"""The real HAProxy on a configuration such as Serve writes, in front of a server that dawdles."""

import asyncio
import importlib.util
import json
import resource
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from headrace.cluster.local import haproxy
from headrace.cluster.local.ports import free_ports
from headrace.runtime.settings import Settings

REQUESTS_MAX = 2
CONFIGURATION = """global
    log {log} local0 info
    maxconn 100
defaults
    mode http
    log global
    option httplog
    errorfile 503 {log}.500
    timeout connect 5s
    timeout client 60s
    timeout server 5s
    timeout http-keep-alive 60s
frontend http_frontend
    bind 127.0.0.1:{port}
    acl elsewhere path_beg /unrouted /-/unrouted /serverless
    use_backend gateway if !elsewhere
    use_backend serverless if {{ path_beg /serverless }}
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path not found."
backend serverless
    http-reuse always
backend gateway
    http-reuse always
    server gateway 127.0.0.1:{server_port}
"""
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
NOTHING = b""


class Front:
    """HAProxy, and the server behind it, which answers a request when it is let."""

    def __init__(self, port: int, log: socket.socket) -> None:
        self.port = port
        self.log = log
        self.let = asyncio.Event()
        self.seen: list[bytes] = []
        """First lines of the requests that came through."""
        self.answer = OK
        self.hangs_up = False
        self.writers: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.seen.append(head.partition(b"\r\n")[0])
                if b"content-length: 4" in head.lower():
                    await reader.readexactly(4)
                if head.startswith(b"POST"):
                    await self.let.wait()
                writer.write(self.answer)
                if self.hangs_up:
                    return
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def send(self, text: bytes) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(text)
        self.writers.append(writer)
        return reader

    async def saw(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.seen) < count:
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    settings = Settings(front_requests_max=REQUESTS_MAX, head_timeout_s=1, body_timeout_s=1)
    port, server_port = free_ports(2)
    file = tmp_path / "haproxy.cfg"
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    log.bind(str(tmp_path / "log"))
    file.write_text(CONFIGURATION.format(port=port, server_port=server_port, log=tmp_path / "log"))
    front = Front(port, log)
    server = await asyncio.start_server(front.serve, "127.0.0.1", server_port)
    wrapper = haproxy.write_wrapper(tmp_path, settings)
    process = subprocess.Popen([wrapper, "-db", "-f", file])  # noqa: ASYNC220  # begun once, nothing else runs
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    break
                except OSError:
                    assert process.poll() is None
                    await asyncio.sleep(0.05)
        writer.close()
        yield front
    finally:
        for writer in front.writers:
            writer.close()
        process.terminate()
        process.wait(10)
        server.close()
        log.close()


async def head_of(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)


def post(path: str, length: int = 4, body: bytes = b"body") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode() + body


async def test_what_the_gateways_cannot_take_is_refused_before_them(front: Front) -> None:
    accepted = [await front.send(post(f"/{n}")) for n in range(REQUESTS_MAX)]
    await front.saw(REQUESTS_MAX)
    refused = await front.send(post("/more"))
    head = (await head_of(refused)).lower()
    assert head.startswith(b"http/1.1 429")
    assert b"retry-after: 1\r\n" in head
    assert b"content-type: application/problem+json\r\n" in head
    problem = json.loads(await asyncio.wait_for(refused.readuntil(b"}"), 10))
    assert (problem["status"], problem["code"]) == (429, "overloaded")
    assert (await head_of(await front.send(b"GET /look HTTP/1.1\r\nHost: x\r\n\r\n")))[
        9:12
    ] == b"200"
    front.let.set()
    assert [(await head_of(reader))[9:12] for reader in accepted] == [b"200"] * REQUESTS_MAX
    assert (await head_of(await front.send(post("/again"))))[9:12] == b"200"
    assert not any(b"/more" in line for line in front.seen)


async def test_small_bodies_half_sent_take_no_place_and_end(front: Front) -> None:
    front.let.set()
    half = [await front.send(post("/half", body=b"bo")) for _ in range(REQUESTS_MAX + 1)]
    assert (await head_of(await front.send(post("/whole"))))[9:12] == b"200"
    assert {(await head_of(reader))[9:12] for reader in half} == {b"408"}
    assert front.seen == [b"POST /whole HTTP/1.1"]


async def test_a_head_that_never_ends_is_ended(front: Front) -> None:
    reader = await front.send(b"POST /slow HTTP/1.1\r\nHost: x\r\n")
    assert (await head_of(reader))[9:12] == b"408"
    assert front.seen == []


def test_our_lines_come_in_once_however_often_it_starts(tmp_path: Path) -> None:
    file = tmp_path / "haproxy.cfg"
    text = CONFIGURATION.format(port=1, server_port=2, log="127.0.0.1:1")
    file.write_text(text + "frontend x\n    bind *:9101\n")
    haproxy.write_wrapper(tmp_path, Settings())
    for _ in range(2):
        subprocess.run(["sed", "-i", "-f", tmp_path / "haproxy.sed", file], check=True)
    ours = [line for line in file.read_text().splitlines() if "# headrace" in line]
    assert len(ours) == len({*ours}) + 1  # two backends of the application, one line each
    assert "    bind 127.0.0.1:9101\n" in file.read_text()


def answer(status: int, media: str, body: str = "text") -> bytes:
    head = f"HTTP/1.1 {status} Status\r\nContent-Type: {media}\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n{body}".encode()


async def asked(front: Front, request: bytes) -> tuple[int, str, bytes]:
    """Status, code of the problem ("" for what is none) and lower-case head of the answer."""
    reader = await front.send(request)
    head = (await head_of(reader)).lower()
    status = int(head[9:12])
    if b"application/problem+json" not in head:
        return status, "", head
    problem = json.loads(await asyncio.wait_for(reader.readuntil(b"}"), 10))
    assert problem["status"] == status
    assert (b"retry-after: " in head) == (status in (429, 503))
    return status, problem["code"], head


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.mark.parametrize("send", [get, post])
@pytest.mark.parametrize("path", ["/unrouted/v1/payments", "/serverless/v1/payments"])
async def test_no_route_and_no_replica_is_unavailable_not_404(
    front: Front, send: Any, path: str
) -> None:
    assert (await asked(front, send(path)))[:2] == (503, "unavailable")


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (400, (400, "malformed_request")),
        (404, (503, "unavailable")),
        (408, (408, "body_timed_out")),
        (413, (413, "body_too_large")),
        (429, (429, "overloaded")),
        (499, (503, "unavailable")),
        (500, (503, "unavailable")),
        (503, (503, "unavailable")),
    ],
)
async def test_errors_of_serves_proxy_and_of_servers_are_told_as_ours(
    front: Front, status: int, told: tuple[int, str]
) -> None:
    front.answer = answer(status, "text/plain")
    assert (await asked(front, get("/v1/payments")))[:2] == told


async def test_the_gateways_own_problems_and_serves_own_paths_stay(front: Front) -> None:
    front.answer = answer(404, "application/problem+json", '{"code":"not_found","status":404}')
    assert (await asked(front, get("/v1/nothing")))[:2] == (404, "not_found")
    front.answer = answer(404, "text/plain")
    assert (await asked(front, get("/-/something")))[:2] == (404, "")
    assert (await asked(front, get("/-/unrouted")))[:2] == (404, "")


@pytest.mark.parametrize("status", haproxy.OWN_PAGES)
async def test_no_page_of_others_passes_whatever_its_status(front: Front, status: int) -> None:
    front.let.set()
    front.answer = answer(status, "text/html")
    for request in (get("/v1/payments"), post("/v1/payments")):
        told, code, head = await asked(front, request)
        assert code
        assert told in (400, 405, 408, 413, 429, 503)
        assert b"cache-control: no-store" in head


@pytest.mark.parametrize("nonsense", [NOTHING, b"no HTTP at all\r\n\r\n", b"HTTP/1.1 200 O"])
async def test_a_server_that_hangs_up_or_talks_nonsense_is_unavailable(
    front: Front, nonsense: bytes
) -> None:
    """Pages 502 of HAProxy: also what a gateway killed with requests under way leaves."""
    front.hangs_up = True
    front.answer = nonsense
    assert (await asked(front, get("/v1/payments")))[:2] == (503, "unavailable")


async def test_a_server_that_never_answers_is_unavailable(front: Front) -> None:
    """Page 504 of HAProxy."""
    assert (await asked(front, post("/v1/payments")))[:2] == (503, "unavailable")


async def test_a_body_that_never_ends_is_told_as_ours(front: Front) -> None:
    half = b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
    assert (await asked(front, half))[:2] == (408, "body_timed_out")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"NOT HTTP\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 70_000, 400),
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\n", 408),
    ],
)
async def test_what_never_became_a_request_has_the_page_in_haproxys_binary(
    front: Front, head: bytes, status: int
) -> None:
    """It can be silenced but not replaced (mux_h1.c, h1_send_error); the status is right."""
    assert (await asked(front, head))[:2] == (status, "")
    assert front.seen == []


async def test_every_page_that_haproxy_has_is_replaced(tmp_path: Path) -> None:
    haproxy.write_wrapper(tmp_path, Settings())
    for status in haproxy.OWN_PAGES:
        head, _, body = (tmp_path / f"haproxy-{status}.http").read_bytes().partition(b"\r\n\r\n")
        assert int(head[9:12]) == json.loads(body)["status"]
        assert b"content-type: application/problem+json" in head


async def test_no_request_is_logged(front: Front, tmp_path: Path) -> None:
    assert (await head_of(await front.send(b"GET /look HTTP/1.1\r\nHost: x\r\n\r\n")))[
        9:12
    ] == b"200"
    with pytest.raises(BlockingIOError):
        front.log.recv(65_536)


@pytest.mark.parametrize(
    "line", ["\ndefaults\n", "\nfrontend http_frontend\n", "\n    http-reuse always\n"]
)
def test_serve_writes_the_lines_after_which_ours_come(line: str) -> None:
    spec = importlib.util.find_spec("ray")
    assert spec is not None
    assert spec.origin is not None
    templates = Path(spec.origin).parent / "serve/_private/haproxy_templates.py"
    assert line in templates.read_text().replace('"""global', "\nglobal")


def test_two_gateways_take_twice_as_many(tmp_path: Path) -> None:
    settings = Settings(front_requests_max=7, gateways=2)
    haproxy.write_wrapper(tmp_path, settings)
    assert "be_conn gt 14 " in (tmp_path / "haproxy.sed").read_text()


@pytest.mark.parametrize("files", [4_096, 20_000])
def test_haproxy_starts_within_the_files_that_a_process_may_open(
    tmp_path: Path, files: int
) -> None:
    (port, server_port) = free_ports(2)
    file = tmp_path / "haproxy.cfg"
    text = CONFIGURATION.format(port=port, server_port=server_port, log="127.0.0.1:1")
    file.write_text(
        text.replace("maxconn 100", f"maxconn {haproxy.connections_max(20_000, files)}")
    )
    wrapper = haproxy.write_wrapper(tmp_path, Settings())
    process = subprocess.Popen(
        [wrapper, "-db", "-f", file],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
    )
    try:
        deadline = time.monotonic() + 60
        while not _listens(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) == 0
