"""The shared store of creditors' windows: one actor that all partition actors tell and ask.

It is memory only. What it forgets (a restart, eviction) comes back from the ledger's newest
payments if it is given a way to read them, and from the partition actors, which hand back what
goes further back than its answers.
"""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

import structlog

from headrace.runtime.metrics.risk import CREDITOR_PROFILES as METRICS
from headrace.runtime.risk import exchange
from headrace.runtime.risk.history import LedgerHistory
from headrace.runtime.risk.windows import EMPTY, Windows, merged, states_of
from headrace.runtime.settings import Settings
from headrace.runtime.settings.risk import RiskSettings

log = structlog.get_logger("headrace.creditors")

History = Callable[[list[int]], Awaitable[dict[int, Windows]]]
"""Windows of those of the creditors that the ledger knows."""


class CreditorProfiles:
    """Windows by account number, the least recently touched forgotten beyond a bound."""

    def __init__(self, settings: RiskSettings, history: History | None = None) -> None:
        self._windows: OrderedDict[int, Windows] = OrderedDict()
        self._creditors_max = settings.creditor_profiles_max
        self._senders_max = settings.creditor_senders_max
        self._history = history
        self._heard: OrderedDict[int, int] = OrderedDict()
        self._counts = METRICS.counters()

    async def exchange(self, told: bytes, wanted: bytes) -> bytes:
        """Counts what a sender tells (exchange.Told) and returns the windows, as they are then, of
        the creditors that it wants, in order; empty ones for those nobody has told of."""
        message = exchange.decode_told(told)
        numbers = exchange.decode_numbers(wanted)
        observations = exchange.decode_observations(message.observations)
        seen = states_of(observations)
        known = await self._read_unknown([*numbers, *(creditor for creditor, _ in seen)])
        self._windows.update(known)
        if message.sequence > self._heard.get(message.sender, 0):
            self._heard[message.sender] = message.sequence
            for creditor, state in seen:
                if creditor not in known:  # else the ledger's newest payments include them
                    windows = self._of(creditor)
                    windows.state = merged(windows.state, state)
            self._counts["observations"] += len(observations)
        elif seen:
            self._counts["repeats"] += 1
        if message.sender in self._heard:
            self._heard.move_to_end(message.sender)
        for creditor, state in exchange.decode_profiles(message.profiles):
            self._take_back(creditor, Windows(state))
        found = [(n, self._of(n).state if n in self._windows else EMPTY) for n in numbers]
        self._evict()
        return exchange.encode_profiles(found)

    def stats(self) -> dict[str, int]:
        """Counters since the start, and gauges of this moment."""
        return {**self._counts, "creditors": len(self._windows), "senders": len(self._heard)}

    def _of(self, creditor: int) -> Windows:
        windows = self._windows.get(creditor)
        if windows is None:
            windows = self._windows[creditor] = Windows()
        else:
            self._windows.move_to_end(creditor)
        return windows

    def _take_back(self, creditor: int, theirs: Windows) -> None:
        ours = self._of(creditor)
        if not ours.since_us or theirs.since_us < ours.since_us:
            ours.state = theirs.state
            self._counts["given_back"] += 1

    async def _read_unknown(self, numbers: list[int]) -> dict[int, Windows]:
        unknown = [n for n in dict.fromkeys(numbers) if n not in self._windows]
        if not unknown or self._history is None:
            return {}
        started = time.monotonic()
        try:
            found = await self._history(unknown)
        except Exception as error:  # without it they start anew
            log.warning("history_not_read", creditors=len(unknown), error=repr(error))
            return {}
        self._counts["read"] += len(found)
        log.debug("history_read", creditors=len(found), seconds=time.monotonic() - started)
        return {n: w for n, w in found.items() if n not in self._windows}

    def _evict(self) -> None:
        while len(self._windows) > self._creditors_max:
            self._windows.popitem(last=False)
            self._counts["evicted"] += 1
        while len(self._heard) > self._senders_max:
            self._heard.popitem(last=False)


def of_platform(settings: Settings, name: str) -> CreditorProfiles:
    """The platform's, which reads what it forgot from the ledger."""
    return CreditorProfiles(settings.risk, LedgerHistory(settings.ledger))
