"""The API as a good client uses it: one answer for good to each request, however often it has to be
sent."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import httpx
import msgspec

from headrace.loadtests.books.tally import Tally, short

TIMEOUT_S = 30.0
PATIENCE_S = 120.0
"""How long one request is sent again; a platform killed needs half a minute to come back."""
PAUSE_S, PAUSE_MAX_S = 0.05, 1.0
WAIT_S = 20
"""Of `Prefer: wait`, for a final state."""
PROBLEM = "application/problem+json"
Json = dict[str, Any]


class Unanswered(Exception):
    """No answer for good within PATIENCE_S; says what was asked."""


class Told(NamedTuple):
    """An answer. `doubtful`: an earlier attempt may have been carried out, so that what has no key
    may be told that it was done before."""

    status: int
    body: Any
    headers: Mapping[str, str]
    doubtful: bool = False

    @property
    def code(self) -> str:
        """Of a problem."""
        refused = self.status >= 400 and isinstance(self.body, dict)
        return str(self.body.get("code", "")) if refused else ""

    @property
    def replayed(self) -> bool:
        return self.headers.get("idempotent-replayed") == "true"

    def told(self) -> Json:
        """For people."""
        return {"status": self.status, "replayed": self.replayed, "body": self.body}


class Api:
    """With one API key; `where` names what it is used for in violations."""

    def __init__(
        self, http: httpx.AsyncClient, key: str, tally: Tally, where: str, random: Random
    ) -> None:
        self._http, self._key, self.tally, self.where = http, key, tally, where
        self._random = random

    def as_(self, key: str) -> "Api":
        """The same with another key."""
        return Api(self._http, key, self.tally, self.where, self._random)

    async def get(self, path: str, **query: object) -> Told:
        """Query parameters whose value is None are left out."""
        wanted = {name: str(value) for name, value in query.items() if value is not None}
        return await self.ask("GET", path, query=wanted)

    async def get_csv(self, path: str, **query: object) -> Told:
        """A statement's page as text."""
        wanted = {name: str(value) for name, value in query.items()}
        return await self.ask("GET", path, query=wanted, accept="text/csv")

    async def post(
        self, path: str, body: object = None, key: str | None = None, *, wait: bool = False,
        items: int = 1,
    ) -> Told:  # fmt: skip
        """`items`: how many operations the answer is worth."""
        return await self.ask("POST", path, body, key, wait=wait, items=items)

    async def post_items(
        self, path: str, items: Sequence[Json], key: str | None = None
    ) -> tuple[Told, list[Json]]:
        """A batch, and its items' results; sent again, all of it, while an item is put off by
        itself. Then the answer is doubtful: some items were decided by an attempt before."""
        deadline, pause_s, doubtful = time.monotonic() + PATIENCE_S, PAUSE_S, False
        while True:
            told = await self.ask("POST", path, items, key, items=len(items))
            told = told._replace(doubtful=told.doubtful or doubtful)
            results = told.body.get("results", []) if isinstance(told.body, dict) else []
            if not any(_again(result["status"]) for result in results):
                return told, results
            if time.monotonic() > deadline:
                put_off = [result for result in results if _again(result["status"])]
                raise Unanswered(
                    f"POST {path}: {len(put_off)} of {len(items)} items are put off for ever,"
                    f" the first: {short(put_off[0], 300)}"
                )
            doubtful = True
            self.tally.retries += 1
            await asyncio.sleep(pause_s * self._random.uniform(0.5, 1.5))
            pause_s = min(PAUSE_MAX_S, pause_s * 2)

    async def ask(
        self, method: str, path: str, body: object = None, key: str | None = None, *,
        query: Mapping[str, str] | None = None, wait: bool = False, items: int = 1,
        accept: str | None = None,
    ) -> Told:  # fmt: skip
        """Raises Unanswered."""
        deadline, pause_s, doubtful, last = time.monotonic() + PATIENCE_S, PAUSE_S, False, ""
        while time.monotonic() < deadline:
            told = await self.once(method, path, body, key, query=query, wait=wait, accept=accept)
            if told is not None and not _again(told.status) and self._ours(method, path, told):
                self.tally.operations += items
                return told._replace(doubtful=doubtful)
            doubtful = doubtful or told is None or told.status != 429
            last = short(told.told(), 200) if told else "no answer"
            self.tally.retries += 1
            await asyncio.sleep(pause_s * self._random.uniform(0.5, 1.5))
            pause_s = min(PAUSE_MAX_S, pause_s * 2)
        raise Unanswered(f"{method} {path} {short(body, 200)}, the last time: {last}")

    async def once(
        self, method: str, path: str, body: object = None, key: str | None = None, *,
        query: Mapping[str, str] | None = None, wait: bool = False, accept: str | None = None,
    ) -> Told | None:  # fmt: skip
        """One attempt; None when there is no answer at all."""
        headers = {"Authorization": f"Bearer {self._key}"}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        if key is not None:
            headers["Idempotency-Key"] = key
        if accept:
            headers["Accept"] = accept
        if wait:
            headers["Prefer"] = f"wait={WAIT_S}"
        try:
            answer = await self._http.request(
                method, path, content=content, headers=headers, params=query or None
            )
        except httpx.HTTPError:
            return None
        told: Any = answer.text
        if "json" in answer.headers.get("content-type", "") and answer.content:
            try:
                told = msgspec.json.decode(answer.content)
            except msgspec.DecodeError:
                return None
        return Told(answer.status_code, told, answer.headers)

    def _ours(self, method: str, path: str, told: Told) -> bool:
        """A page of somebody else on a path of ours is no answer, and a violation: who takes it for
        one takes paid for refused."""
        if told.status < 400 or told.headers.get("content-type", "").startswith(PROBLEM):
            return True
        self.tally.violation(
            self.where, f"{method} {path}", "a problem document",
            {"status": told.status, "body": short(told.body, 120)},
        )  # fmt: skip
        return False


def _again(status: int) -> bool:
    return status >= 500 or status == 429


def client(port: int) -> httpx.AsyncClient:
    """Connections to a platform on this machine, to be closed by the caller."""
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", timeout=TIMEOUT_S, trust_env=False,
        limits=httpx.Limits(max_connections=200, max_keepalive_connections=100),
    )  # fmt: skip
