"""Asks the risk deployment about a micro-batch, and decides by the stated policy without it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Self

import numpy as np
import structlog

from headrace.actors.direct_calls import Line
from headrace.runtime.payments.decide_payment import Risk
from headrace.runtime.risk import wire
from headrace.runtime.risk.features import FEATURES, Matrix
from headrace.runtime.risk.policy import degraded
from headrace.runtime.settings.partition import CallSettings
from headrace.runtime.settings.risk import RiskSettings

log = structlog.get_logger("headrace.risk")

Call = Callable[[bytes], Awaitable[bytes]]

_ATTEMPTS = 2
_READY_PAUSE_S = 0.1


class RiskClient:
    """For one event loop. `score` raises nothing but its own cancellation.

    An error is asked again once, for a replica that has just gone. After `risk_failures_max`
    batches in a row without an answer it isn't asked for `risk_pause_s`, so that a deployment that
    hangs doesn't hold up every batch; then the next batch tries again.
    """

    def __init__(self, call: Call, settings: RiskSettings) -> None:
        self._call = call
        self._settings = settings
        self._failures_in_a_row = 0
        self._asks_again_at = 0.0
        self.degraded = 0
        """Payments that the policy decided."""
        self.failures = 0
        """Batches that got no answer."""

    @classmethod
    def over_serve(cls, settings: RiskSettings, calls: CallSettings) -> Self:
        """Of the platform's own risk deployment."""
        # Serve is slow to import, and tests need none.
        from headrace.actors.serve_address import ServeAddress

        return cls(Line(ServeAddress("risk"), settings.risk_timeout_s, calls).call, settings)

    def stats(self) -> dict[str, int]:
        """Counters since the start (runtime/metrics/risk.py)."""
        return {"degraded": self.degraded, "failures": self.failures}

    async def score(self, matrix: Matrix, amounts: list[int]) -> list[Risk]:
        """One Risk a row, in order; `amounts` in minor units are for the policy."""
        if time.monotonic() >= self._asks_again_at:
            try:
                answer = await self._within(self._settings.risk_timeout_s, matrix)
            except Exception as error:  # whatever it was, there is no answer
                self._count_failure(error)
            else:
                self._failures_in_a_row = 0
                return answer
        self.degraded += len(amounts)
        verdicts = (degraded(amount, self._settings) for amount in amounts)
        return [Risk(outcome, -1, flags, 0) for outcome, flags in verdicts]

    async def ready(self, timeout_s: float) -> bool:
        """Whether risk answers within the time; warms the way to it."""
        stranger = np.ones((1, len(FEATURES)), np.float32)
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            try:
                await self._within(left, stranger)
            except Exception as error:  # not there yet
                log.debug("risk_not_ready", error=repr(error))
                await asyncio.sleep(min(_READY_PAUSE_S, max(deadline - time.monotonic(), 0)))
            else:
                return True
        return False

    async def _within(self, timeout_s: float, matrix: Matrix) -> list[Risk]:
        asked = asyncio.ensure_future(self._ask(matrix))
        try:
            done, _ = await asyncio.wait([asked], timeout=timeout_s)
            if not done:
                await asyncio.wait([asked], timeout=self._settings.risk_grace_s)
            if not asked.done():
                raise TimeoutError(f"no answer within {timeout_s} s")
            return asked.result()
        finally:
            if not asked.done():
                asked.cancel()
                asked.add_done_callback(_forget)

    async def _ask(self, matrix: Matrix) -> list[Risk]:
        request = wire.encode_request(matrix)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                data = await self._call(request)
                break
            except Exception:
                if attempt == _ATTEMPTS:
                    raise
        version, rows = wire.decode_answer(data, len(matrix))
        return [Risk(outcome, score, flags, version) for outcome, score, flags in rows.tolist()]

    def _count_failure(self, error: Exception) -> None:
        self.failures += 1
        self._failures_in_a_row += 1
        if self._failures_in_a_row >= self._settings.risk_failures_max:
            self._asks_again_at = time.monotonic() + self._settings.risk_pause_s
        log.warning("risk_unanswered", error=repr(error), in_a_row=self._failures_in_a_row)


def _forget(asked: "asyncio.Future[list[Risk]]") -> None:
    """A late error is nobody's any more."""
    if not asked.cancelled():
        asked.exception()
