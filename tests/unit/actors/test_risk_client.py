import asyncio
import time

import numpy as np
import pytest

from headrace.actors.risk_client import RiskClient
from headrace.runtime.payments.decide_payment import Risk
from headrace.runtime.risk.features import FEATURES, FeatureBatch, Matrix
from headrace.runtime.risk.flags import RiskFlag
from headrace.runtime.risk.policy import RiskOutcome
from headrace.runtime.risk.windows import Windows
from headrace.runtime.risk.wire import SCORED, encode_answer
from headrace.runtime.settings.risk import RiskSettings
from headrace.serve.risk import Risk as RiskReplica

SETTINGS = RiskSettings(
    risk_timeout_s=0.1, risk_degraded_accept_max=5_000, risk_failures_max=2, risk_pause_s=60.0
)
AMOUNTS = [5_000, 5_001]
ACCEPTED = Risk(RiskOutcome.ACCEPT, -1, RiskFlag.DEGRADED, 0)
REJECTED = Risk(RiskOutcome.REJECT, -1, RiskFlag.DEGRADED, 0)


def two_rows() -> Matrix:
    return np.ones((2, len(FEATURES)), np.float32)


class Line:
    """Stands for the way to the deployment; says what happened on it."""

    def __init__(self, *turns: object) -> None:
        self.turns = list(turns)
        self.calls = 0
        self.called = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def __call__(self, data: bytes) -> bytes:
        self.calls += 1
        self.called.set()
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        if isinstance(turn, Exception):
            raise turn
        if turn is None:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.cancelled.set()
                raise
        assert isinstance(turn, bytes)
        return turn


ANSWER = encode_answer(7, np.array([(0, 12, 0), (1, 640, 2)], SCORED))


async def test_an_answer_is_handed_on_row_by_row() -> None:
    client = RiskClient(Line(ANSWER), SETTINGS)
    assert await client.score(two_rows(), AMOUNTS) == [Risk(0, 12, 0, 7), Risk(1, 640, 2, 7)]
    assert client.degraded == 0


async def test_the_replica_answers_what_the_client_asks() -> None:
    replica = RiskReplica(RiskSettings(), 1_000)
    client = RiskClient(replica.score, SETTINGS)
    at = 1_736_154_000_000_000
    usual = Windows.folded((3_000, at - i * 43_200_000_000) for i in range(60, 0, -1))
    batch = FeatureBatch()
    batch.add(3_000, at, usual, None)
    batch.add(90_000, at, usual, None)
    accepted, stopped = await client.score(batch.matrix(), [3_000, 90_000])
    assert accepted.outcome == RiskOutcome.ACCEPT
    assert stopped.outcome > RiskOutcome.ACCEPT
    assert stopped.score > accepted.score >= 0
    assert accepted.model == stopped.model >= 1
    assert client.degraded == 0


@pytest.mark.parametrize(
    "turn", [RuntimeError("gone"), b"", ANSWER[:-1], encode_answer(7, np.zeros(3, SCORED)), None]
)
async def test_without_a_usable_answer_the_policy_decides_and_counts(turn: object) -> None:
    line = Line(turn)
    client = RiskClient(line, SETTINGS)
    assert await client.score(two_rows(), AMOUNTS) == [ACCEPTED, REJECTED]
    assert client.degraded == 2
    assert client.failures == 1


async def test_an_error_is_asked_again_once_as_another_replica_may_answer() -> None:
    line = Line(RuntimeError("replica gone"), ANSWER)
    client = RiskClient(line, SETTINGS)
    assert (await client.score(two_rows(), AMOUNTS))[1].score == 640
    assert client.failures == 0
    assert line.calls == 2


async def test_a_call_that_hangs_ends_with_the_time_out_and_is_cancelled() -> None:
    line = Line(None)
    started = time.monotonic()
    await RiskClient(line, SETTINGS).score(two_rows(), AMOUNTS)
    assert 0.1 <= time.monotonic() - started < 2
    await asyncio.wait_for(line.cancelled.wait(), 2)


async def test_after_some_failures_in_a_row_it_is_not_asked_for_a_while() -> None:
    line = Line(RuntimeError("gone"))
    client = RiskClient(line, SETTINGS)
    for _ in range(5):
        assert await client.score(two_rows(), AMOUNTS) == [ACCEPTED, REJECTED]
    assert client.failures == SETTINGS.risk_failures_max
    assert client.degraded == 10


async def test_it_is_asked_again_after_the_pause_and_one_answer_heals() -> None:
    line = Line(*[RuntimeError("gone")] * 4, ANSWER)
    client = RiskClient(line, RiskSettings(risk_failures_max=2, risk_pause_s=0.0))
    outcomes = [(await client.score(two_rows(), AMOUNTS))[0] for _ in range(3)]
    assert [o.score for o in outcomes] == [-1, -1, 12]
    assert client.failures == 2


async def test_an_answer_in_between_starts_the_count_of_failures_again() -> None:
    gone = RuntimeError("gone")
    client = RiskClient(Line(gone, gone, ANSWER, gone, gone, ANSWER), SETTINGS)
    outcomes = [(await client.score(two_rows(), AMOUNTS))[0] for _ in range(4)]
    assert [o.score for o in outcomes] == [-1, 12, -1, 12]


async def test_an_answer_that_came_while_this_process_was_held_up_still_counts() -> None:
    answered = asyncio.Event()

    async def call(data: bytes) -> bytes:
        await answered.wait()
        for _ in range(5):  # an answer takes some turns of the loop to get here
            await asyncio.sleep(0)
        return ANSWER

    asking = asyncio.create_task(RiskClient(call, SETTINGS).score(two_rows(), AMOUNTS))
    await asyncio.sleep(0)  # the question is out
    answered.set()
    time.sleep(0.2)  # noqa: ASYNC251  # longer than the time-out: nothing runs meanwhile
    assert (await asking)[1].score == 640


async def test_its_own_cancellation_passes_and_takes_the_call_with_it() -> None:
    line = Line(None)
    asking = asyncio.create_task(RiskClient(line, SETTINGS).score(two_rows(), AMOUNTS))
    await asyncio.wait_for(line.called.wait(), 2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await asyncio.wait_for(line.cancelled.wait(), 2)


async def test_ready_waits_for_the_first_answer_and_gives_up_in_time() -> None:
    one = encode_answer(7, np.zeros(1, SCORED))
    line = Line(*[RuntimeError("not there yet")] * 4, one)
    assert await RiskClient(line, SETTINGS).ready(5)
    assert line.calls == 5
    started = time.monotonic()
    assert not await RiskClient(Line(None), SETTINGS).ready(0.2)
    assert not await RiskClient(Line(RuntimeError("never")), SETTINGS).ready(0.2)
    assert time.monotonic() - started < 3
