"""The API's client: the same request again where no final answer came, problems as failures.

An error that is no problem of the platform's comes from something in its place: that is no more an
answer than 429, 5xx or a lost connection.

Sending again is safe because whatever moves money carries its own key. What is not repeatable
(`repeat=False`) is sent again only where nothing can have happened: no connection, 408, 429. A 503
may stand for a gateway that was lost after it had begun.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx
import msgspec

from headrace.cluster.cli.connection import CONNECT_TIMEOUT_S, mistaken, named, new_client
from headrace.cluster.cli.failures import BadInput, Failure, NotAllowed, Unreachable
from headrace.cluster.cli.printable import printable

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 5.0
PATIENCE_S = 5.0
"""How long a command goes on trying before it gives up."""

SAID_EVERY_S = 10.0
"""Of what fails and works by turns not every turn is told."""

NOTHING_HAPPENED = frozenset({408, 429})
"""Answers to what was not begun; sent again like every 5xx."""
PAGE = "text/html"
"""What no path for clients answers with: a page of whatever stands in the platform's place."""

Json = dict[str, Any]


def backoff_s(attempt: int) -> float:
    """Exponential with full jitter in its upper half: 0.05-0.1 s, 0.1-0.2 s, ... at most 5 s."""
    return min(BACKOFF_FIRST_S * 2.0**attempt, BACKOFF_MAX_S) * random.uniform(0.5, 1.0)


def retry_after_s(value: str | None) -> float:
    """Seconds that a Retry-After header asks for (a number or an HTTP date); 0 without one."""
    if value is None:
        return 0.0
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def is_final(response: httpx.Response) -> bool:
    """Whether the platform has answered, so that sending again could tell nothing new."""
    status = response.status_code
    if status < 300:
        return not response.headers.get("Content-Type", "").startswith(PAGE)
    return status < 500 and status not in NOTHING_HAPPENED and is_problem(response)


def is_problem(response: httpx.Response) -> bool:
    """Whether an error is the platform's own, with its stable code."""
    return not str(problem_of(response)["code"]).startswith("http_")


class Patience:
    """How long to go on without progress; requests that wait together share one.

    `seconds` count from the last progress, or from the first failure after it: a request that
    takes long isn't out of patience before it failed.
    """

    def __init__(self, seconds: float, on_wait: Callable[[str], None] = lambda text: None) -> None:
        """`on_wait` hears why there is waiting, and when that has ended."""
        self.seconds = seconds
        self._on_wait = on_wait
        self._failing_since: float | None = None
        self._said_at: float | None = None
        self._to_end = False
        """Whether the waiting that was told of has not been told to have ended."""

    def progress(self) -> None:
        """Something was answered for good."""
        self._failing_since = None
        if self._to_end:
            self._to_end = False
            self._on_wait("the platform answers again")

    def pause_s(self, wanted_s: float, reason: str) -> float:
        """After a failure: how long to pause, at most until patience ends; Unreachable when it
        has ended."""
        left_s = self.left_s()
        if left_s <= 0:
            raise Unreachable(f"{reason}; no progress for {self.seconds:g} s, run it again")
        now = time.monotonic()
        if not self._to_end and (self._said_at is None or now - self._said_at >= SAID_EVERY_S):
            self._said_at, self._to_end = now, True
            self._on_wait(f"{reason}: trying again for {self.seconds:g} s")
        return min(wanted_s, left_s)

    def left_s(self) -> float:
        """Asked after a failure: how much longer to try."""
        now = time.monotonic()
        self._failing_since = now if self._failing_since is None else self._failing_since
        return self._failing_since + self.seconds - now


class Api:
    """One platform, one key: both checked before. Use as an async context manager."""

    def __init__(
        self,
        url: str,
        api_key: str,
        patience_s: float = PATIENCE_S,
        on_wait: Callable[[str], None] = lambda reason: None,
    ) -> None:
        """`on_wait` hears why there is waiting, and when that has ended."""
        self.url = url
        self.patience_s = patience_s
        self.on_wait = on_wait
        self.has_written = False
        """Whether a request that may change something has had its answer."""
        self._http = new_client(url, api_key)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    def patience(self) -> Patience:
        """A new one, of as many seconds as this client is to go on trying."""
        return Patience(self.patience_s, lambda text: self.on_wait(text))

    async def get(self, path: str, params: dict[str, str] | None = None) -> Json:
        return await self.json("GET", path, params=params)

    async def post(
        self, path: str, body: Json | None = None, key: str | None = None, repeat: bool = True
    ) -> Json:
        headers = {"Idempotency-Key": key} if key else None
        return await self.json("POST", path, body=body, headers=headers, repeat=repeat)

    async def json(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        repeat: bool = True,
    ) -> Json:
        """The answer's JSON object ({} when there is no body); a problem raises its Failure."""
        content = None if body is None else msgspec.json.encode(body)
        sent = {"Content-Type": "application/json"} if content else {}
        response = await self.send(
            method, path, content=content, params=params, headers=sent | (headers or {}),
            repeat=repeat,
        )  # fmt: skip
        raise_for_problem(response)
        if not response.content:
            return {}
        try:
            return msgspec.json.decode(response.content, type=Json)
        except msgspec.DecodeError as error:
            raise Failure(f"{self.url}{path} answered no JSON object: {error}") from error

    async def send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        repeat: bool = True,
        patience: Patience | None = None,
    ) -> httpx.Response:
        """The first final response; Unreachable when patience ends: one that is shared, which
        whoever shares it tells of progress, or this request's own."""
        shared = patience is not None
        patience = patience or self.patience()
        attempt = 0
        while True:
            wait_s = backoff_s(attempt)
            try:
                response = await self._http.request(
                    method, path, content=content, params=params, headers=headers
                )
            except httpx.RequestError as error:
                if wrong := mistaken(error, self.url):
                    raise BadInput(wrong) from error
                again = repeat or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
                reason = f"no answer from {self.url} ({named(error)})"
            else:
                if is_final(response):
                    self.has_written |= method != "GET" and response.is_success
                    if not shared:
                        patience.progress()
                    return response
                again = repeat or (
                    response.status_code in NOTHING_HAPPENED and is_problem(response)
                )
                reason = f"{self.url} answered {_said(response)}"
                wait_s = max(wait_s, retry_after_s(response.headers.get("Retry-After")))
            if not again:
                raise Unreachable(f"{reason}; whether it was carried out is not known: look first")
            await asyncio.sleep(patience.pause_s(wait_s, reason))
            attempt += 1

    @asynccontextmanager
    async def stream(
        self, path: str, params: dict[str, str], headers: dict[str, str]
    ) -> AsyncIterator[httpx.Response]:
        """One streamed GET that may stay silent for long; no repetition."""
        timeout = httpx.Timeout(None, connect=CONNECT_TIMEOUT_S)
        async with self._http.stream(
            "GET", path, params=params, headers=headers, timeout=timeout
        ) as response:
            if response.status_code >= 300:
                await response.aread()
            yield response


def problem_of(response: httpx.Response) -> Json:
    """The problem of an error response, made up from the status when the body has none."""
    try:
        body = msgspec.json.decode(response.content, type=Json)
    except msgspec.DecodeError:
        body = {}
    if "code" not in body:
        body = {"status": response.status_code, "code": f"http_{response.status_code}"} | body
    return body


def raise_for_problem(response: httpx.Response) -> None:
    """Raises the failure that a response of 400 or more stands for."""
    if response.status_code < 400:
        return
    problem = problem_of(response)
    kind = NotAllowed if response.status_code in (401, 403) else Failure
    raise kind(_sentence(problem), problem)


def _said(response: httpx.Response) -> str:
    problem = problem_of(response)
    return f"{response.status_code} ({printable(str(problem['code']))})"


def _sentence(problem: Json) -> str:
    """`insufficient_funds: ... (debtor: no such account)`."""
    text = str(problem["code"])
    if said := problem.get("detail") or problem.get("title"):
        text += f": {said}"
    errors = problem.get("errors") or []
    if errors:
        told = (
            f"{e.get('field')}: {e.get('reason')}" if isinstance(e, dict) else e for e in errors
        )
        text += " (" + "; ".join(map(str, told)) + ")"
    return printable(text)
