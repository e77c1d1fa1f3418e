"""What a partition actor knows of creditors: its own payments at once, others' by exchange."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from secrets import randbits
from typing import Self, TypeVar

import structlog

from headrace.actors.ray_workers import RayWorker
from headrace.runtime.endless import endless
from headrace.runtime.metrics.risk import CREDITOR_FEATURES
from headrace.runtime.risk import exchange
from headrace.runtime.risk.exchange import (
    CREDITORS_PER_MESSAGE_MAX,
    OBSERVATIONS_PER_MESSAGE_MAX,
    Observation,
    Told,
)
from headrace.runtime.risk.windows import Windows
from headrace.runtime.settings.cell import CellSettings
from headrace.runtime.settings.risk import RiskSettings

log = structlog.get_logger("headrace.creditors")

T = TypeVar("T")

Exchange = Callable[[bytes, bytes], Awaitable[bytes]]
"""CreditorProfiles.exchange, however it is reached."""

NEVER_US = 2**63 - 1


class CreditorFeatures:
    """For one event loop: `start` begins to exchange in the background, `stop` ends it.

    A creditor's windows hold all that this actor has observed, and what other actors had told the
    store at the last exchange before which the creditor was asked for; there is one every
    `creditor_features_staleness_s`. So they are that stale for a creditor who is paid all the
    time, and as old as the last payment here for the first one after a quiet time. An exchange
    that fails is counted and only makes them staler: what was not delivered goes with the next.
    """

    def __init__(self, exchange_with_store: Exchange, settings: RiskSettings) -> None:
        self._exchange = exchange_with_store
        self._interval_s = settings.creditor_features_staleness_s
        self._creditors_max = settings.creditors_in_memory_max
        self._exchange_timeout_s = settings.creditor_exchange_timeout_s
        self._observations_max = settings.creditor_observations_max
        self._known: OrderedDict[int, Windows] = OrderedDict()
        self._wanted: dict[int, None] = {}
        self._lost: dict[int, None] = {}
        self._since: list[Observation] = []
        self._outbox: deque[tuple[int, list[Observation]]] = deque()
        self._sender = randbits(63)
        self._sequence = 0
        self._fresh_at = time.monotonic()
        self._task: asyncio.Task[None] | None = None
        self._counts = CREDITOR_FEATURES.counters()

    @classmethod
    def over_ray(cls, settings: RiskSettings, cell: CellSettings) -> Self:
        """Of the platform's store, and exchanging already."""
        store = RayWorker("creditor-profiles", cell)
        features = cls(partial(store.call, "exchange"), settings)
        features.start()
        return features

    def for_creditor(self, number: int) -> Windows | None:
        """What is known of a creditor; None until the store has been asked. Don't change it."""
        self._wanted[number] = None
        windows = self._known.get(number)
        if windows is not None:
            self._known.move_to_end(number)
        return windows

    def observe(self, number: int, occurred_at_us: int, amount: int) -> None:
        """A payment to the creditor has been committed here."""
        windows = self._known.get(number)
        if windows is not None:
            windows.observe(occurred_at_us, amount)
        self._since.append((number, occurred_at_us, amount))
        if len(self._since) > self._observations_max:
            self._pack()

    def start(self) -> None:
        """Exchanges from now on; within the running event loop."""
        self._task = endless("creditors are exchanged", self._keep_exchanging)

    async def stop(self) -> None:
        """Ends the exchange; what was not delivered is lost to the store."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def exchange_once(self) -> bool:
        """Tells the store what it has not been told and takes its windows; whether that worked."""
        try:
            async with asyncio.timeout(self._exchange_timeout_s):
                await self._tell_and_ask()
        except Exception as error:  # only staler for it
            self._counts["exchanges_failed"] += 1
            log.warning("creditors_not_exchanged", error=repr(error))
            return False
        self._counts["exchanges"] += 1
        self._fresh_at = time.monotonic()
        return True

    def stats(self) -> dict[str, int | float]:
        """Counters since the start, and gauges of this moment."""
        return {
            **self._counts,
            "creditors": len(self._known),
            "observations_undelivered": len(self._since) + sum(len(o) for _, o in self._outbox),
            "staleness_s": time.monotonic() - self._fresh_at,
        }

    async def _keep_exchanging(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            await self.exchange_once()

    async def _tell_and_ask(self) -> None:
        """Delivers all observations first, so that the answers include them."""
        self._pack()
        wanted, self._wanted = list(self._wanted), {}
        lost, self._lost = list(self._lost), {}
        given_back = [(n, self._known[n].state) for n in lost if n in self._known]
        asks = list(_parts(wanted, CREDITORS_PER_MESSAGE_MAX)) or [[]]
        try:
            while len(self._outbox) > 1:
                await self._deliver([], [])
            for profiles in _parts(given_back, CREDITORS_PER_MESSAGE_MAX):
                await self._deliver(profiles, [])
            while asks:
                self._take(await self._deliver([], asks[0]))
                del asks[0]
        except BaseException:
            self._wanted.update(dict.fromkeys(n for part in asks for n in part))
            for number in list(self._wanted)[self._creditors_max :]:
                del self._wanted[number]
            raise

    async def _deliver(self, profiles: Sequence[tuple[int, bytes]], wanted: Sequence[int]) -> bytes:
        """One message: the oldest undelivered observations, profiles, and a question."""
        sequence, observations = self._outbox[0] if self._outbox else (0, [])
        told = Told(
            self._sender,
            sequence,
            exchange.encode_observations(observations),
            exchange.encode_profiles(profiles),
        )
        answer = await self._exchange(exchange.encode_told(told), exchange.encode_numbers(wanted))
        if self._outbox and self._outbox[0][0] == sequence:
            self._outbox.popleft()
        return answer

    def _pack(self) -> None:
        """Moves what was observed since into numbered messages, each sent until answered."""
        for part in _parts(self._since, OBSERVATIONS_PER_MESSAGE_MAX):
            self._sequence += 1
            self._outbox.append((self._sequence, part))
        self._since = []
        while sum(len(o) for _, o in self._outbox) > self._observations_max:
            _, dropped = self._outbox.popleft()
            self._counts["observations_dropped"] += len(dropped)

    def _take(self, answer: bytes) -> None:
        """The store's windows and on top of them what it cannot know yet."""
        told_not_yet: dict[int, list[Observation]] = {}
        for observations in (*(part for _, part in self._outbox), self._since):
            for observation in observations:
                told_not_yet.setdefault(observation[0], []).append(observation)
        for number, state in exchange.decode_profiles(answer):
            theirs, ours = Windows(state), self._known.get(number)
            if ours is not None and 0 < ours.since_us < (theirs.since_us or NEVER_US):
                self._lost[number] = None
                continue
            for _, occurred_at, amount in told_not_yet.get(number, ()):
                theirs.observe(occurred_at, amount)
            self._known[number] = theirs
            self._known.move_to_end(number)
        while len(self._known) > self._creditors_max:
            self._known.popitem(last=False)


def _parts(rows: list[T], size: int) -> list[list[T]]:
    return [rows[i : i + size] for i in range(0, len(rows), size)]
