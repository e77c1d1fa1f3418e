"""The pipeline of `headrace pay`: chunks read ahead, several out at once, answers in file order.

    read and map (a thread) → open accounts → send → wait until settled → result file, counts

A chunk with a key that is still out waits until all before it is answered. Never more than
CHUNKS_MAX chunks are in memory. A stop lets what is out come home first.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from headrace.cluster.cli.client import Api
from headrace.cluster.cli.payfile.items import Mapped, Refused
from headrace.cluster.cli.payfile.opening import Opener
from headrace.cluster.cli.payfile.repeats import PaidKeys
from headrace.cluster.cli.payfile.results import Write, rows
from headrace.cluster.cli.payfile.sending import Paid, Results, Sender
from headrace.cluster.cli.payfile.summary import Repeats, Summary

CHUNKS_MAX = 64
"""Between being read and being written: those waiting to be sent, out, or settling."""
READ_AHEAD = 4
"""Chunks mapped and waiting for a free request."""

OnProgress = Callable[[Mapped, Summary], None]


class _Work(NamedTuple):
    mapped: Mapped
    results: Results
    """Each row's as it comes: a failure takes no answer with it."""
    answered: asyncio.Task[None]


class Run:
    """One file's way through the platform."""

    def __init__(
        self, api: Api, opener: Opener | None, in_flight: int, write: Write | None,
        on_progress: OnProgress, summary: Summary | None = None,
    ) -> None:  # fmt: skip
        self.summary = summary or Summary()
        self.stopping = asyncio.Event()
        self._sender = Sender(api, in_flight)
        self._opener = opener
        self._room = asyncio.Semaphore(in_flight + READ_AHEAD)
        self._write_rows = write
        self._on_progress = on_progress
        self._work: deque[_Work] = deque()
        self._keys_out: set[str] = set()
        """Of chunks that are not written yet."""
        self._paid_keys = PaidKeys()

    async def play(self, chunks: Iterator[Mapped]) -> None:
        """Until the file ends or `stopping` is set; the first failure is raised after the rest
        that was out has come home, and `summary` counts every answer there was."""
        begun = time.monotonic()
        failure: Exception | None = None
        try:
            while (
                not self.stopping.is_set()
                and (mapped := await asyncio.to_thread(next, chunks, None)) is not None
            ):
                await self._start(mapped)
                await self._write(CHUNKS_MAX)
        except Exception as error:
            failure = error
        while self._work:
            try:
                await self._write(0)
            except Exception as error:
                failure = failure or error
        self.summary.seconds = time.monotonic() - begun
        if failure is not None:
            raise failure

    async def count_rest(self, chunks: Iterator[Mapped]) -> None:
        """Adds the rows that were never sent to those without an answer; reads to the end."""
        while (mapped := await asyncio.to_thread(next, chunks, None)) is not None:
            self.summary.unanswered += len(mapped.items)

    async def _start(self, mapped: Mapped) -> None:
        keys = _keys(mapped)
        if not keys.isdisjoint(self._keys_out):
            await self._write(0)  # of two rows with one key the first in the file is paid
        self._keys_out |= keys
        await self._room.acquire()
        opening = self._opener.start(mapped.items) if self._opener else []
        results: Results = [mapped.refused.get(i) for i in range(len(mapped.items))]
        task = asyncio.create_task(self._answer(mapped, results, opening))
        self._work.append(_Work(mapped, results, task))

    async def _answer(
        self, mapped: Mapped, results: Results, opening: list[asyncio.Task[None]]
    ) -> None:
        try:
            if opening:
                await asyncio.gather(*opening)
            batches = await self._sender.send(mapped, results)
        finally:
            self._room.release()
        await self._sender.settle(mapped, results, batches)

    async def _write(self, chunks_max: int) -> None:
        """Writes what is answered, oldest first, and waits only while more than `chunks_max`
        are in memory."""
        while self._work and (len(self._work) > chunks_max or self._work[0].answered.done()):
            mapped, results, answered = self._work.popleft()
            try:
                await answered
            finally:
                self._keys_out -= _keys(mapped)
                repeats = self._repeats(mapped, results)
                self.summary.add(mapped, results, repeats)
                if self._write_rows is not None:
                    self._write_rows(rows(mapped, results, repeats))
            self._on_progress(mapped, self.summary)

    def _repeats(self, mapped: Mapped, results: Results) -> Repeats:
        """The rows that were answered by what became of an earlier one's key."""
        known = [i for i, result in enumerate(results) if _knows_key(result)]
        keys = [mapped.keys[i] or "" for i in known]
        first = self._paid_keys.first_rows(keys, [mapped.rows[i] for i in known])
        return {i: row for i, row in zip(known, first, strict=True) if row}


def _keys(mapped: Mapped) -> set[str]:
    return {item.idempotency_key for item in mapped.items if item is not None}


def _knows_key(result: Paid | Refused | None) -> bool:
    """Whether the key stands in the ledger."""
    return isinstance(result, Paid) or (result is not None and result.code == "key_reused")
