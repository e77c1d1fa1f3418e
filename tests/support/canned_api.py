"""An HTTP server that gives the answers it was told to: for what the command line makes of them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Canned(NamedTuple):
    """`answers`: by the beginning of a request's line, the longest that fits; JSON or bytes."""

    url: str
    answers: dict[str, Any]
    asked: list[tuple[str, dict[str, str]]]
    """Each request's line and headers."""


@contextmanager
def served(answers: dict[str, Any]) -> Iterator[Canned]:
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            line = f"{self.command} {self.path}"
            asked.append((line, dict(self.headers)))
            fitting = [begin for begin in canned.answers if line.startswith(begin)]
            body = canned.answers[max(fitting, key=len)] if fitting else None
            problem = {"code": "not_found", "detail": line}
            content = body if isinstance(body, bytes) else json.dumps(body or problem).encode()
            self.send_response(200 if fitting else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = _answer  # the library's names

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        canned = Canned(f"http://127.0.0.1:{server.server_port}", answers, asked)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield canned
        finally:
            server.shutdown()
            thread.join()
