import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.actors.creditor_features import CreditorFeatures
from headrace.actors.creditor_profiles import CreditorProfiles
from headrace.runtime.clock import DAY_US
from headrace.runtime.risk.exchange import OBSERVATIONS_PER_MESSAGE_MAX
from headrace.runtime.risk.windows import Windows
from headrace.runtime.settings.risk import RiskSettings

START = 1_522_540_800_000_000
SETTINGS = RiskSettings(creditor_features_staleness_s=0.01)
OBSERVATIONS_MAX = SETTINGS.creditor_observations_max


class Line:
    """The way to a store that can be away, lose an answer, or be another one now."""

    def __init__(self, store: CreditorProfiles) -> None:
        self.store = store
        self.away = False
        self.loses_answers = False
        self.largest_bytes = 0

    async def exchange(self, told: bytes, wanted: bytes) -> bytes:
        if self.away:
            raise ConnectionError("away")
        answer = await self.store.exchange(told, wanted)
        self.largest_bytes = max(self.largest_bytes, len(told) + len(wanted), len(answer))
        if self.loses_answers:
            raise ConnectionError("answer lost")
        return answer


def store(**settings: int) -> CreditorProfiles:
    return CreditorProfiles(RiskSettings(**settings))


def count(windows: Windows | None) -> float:
    assert windows is not None
    return windows.values(START)[0][2]


async def test_each_actor_sees_what_the_others_told_after_an_exchange_of_both() -> None:
    line = Line(store())
    one, other = (CreditorFeatures(line.exchange, SETTINGS) for _ in range(2))
    assert one.for_creditor(5) is None
    one.observe(5, START, 300)
    other.observe(5, START, 500)
    assert other.for_creditor(5) is None
    assert await one.exchange_once()
    assert count(one.for_creditor(5)) == pytest.approx(1)
    assert await other.exchange_once()
    assert count(other.for_creditor(5)) == pytest.approx(2)
    assert await one.exchange_once()
    windows = one.for_creditor(5)
    assert count(windows) == pytest.approx(2)
    assert windows is not None
    assert windows.values(START)[1][2] == pytest.approx(800)


async def test_own_observations_count_at_once_once_a_creditor_is_known() -> None:
    features = CreditorFeatures(Line(store()).exchange, SETTINGS)
    features.for_creditor(5)
    await features.exchange_once()
    assert count(features.for_creditor(5)) == 0
    for expected in (1, 2, 3):
        features.observe(5, START, 100)
        assert count(features.for_creditor(5)) == pytest.approx(expected)


async def test_what_is_observed_while_an_exchange_is_out_is_neither_lost_nor_counted_twice() -> (
    None
):
    line, held = Line(store()), asyncio.Event()

    async def slowly(told: bytes, wanted: bytes) -> bytes:
        answer = await line.exchange(told, wanted)
        await held.wait()
        return answer

    features = CreditorFeatures(slowly, SETTINGS)
    features.for_creditor(5)
    features.observe(5, START, 100)
    exchanging = asyncio.create_task(features.exchange_once())
    await asyncio.sleep(0)
    features.observe(5, START, 100)
    held.set()
    assert await exchanging
    assert count(features.for_creditor(5)) == pytest.approx(2)
    assert await features.exchange_once()
    assert count(features.for_creditor(5)) == pytest.approx(2)


async def test_a_failed_exchange_only_makes_staler_and_is_made_good_by_the_next() -> None:
    line = Line(store())
    features = CreditorFeatures(line.exchange, SETTINGS)
    features.for_creditor(5)
    features.observe(5, START, 100)
    line.away = True
    assert not await features.exchange_once()
    assert features.stats()["exchanges_failed"] == 1
    assert features.stats()["observations_undelivered"] == 1
    line.away = False
    assert await features.exchange_once()
    assert count(features.for_creditor(5)) == pytest.approx(1)


async def test_observations_whose_answer_was_lost_are_not_counted_twice() -> None:
    line = Line(store())
    features = CreditorFeatures(line.exchange, SETTINGS)
    features.for_creditor(5)
    features.observe(5, START, 100)
    line.loses_answers = True
    assert not await features.exchange_once()
    line.loses_answers = False
    assert await features.exchange_once()
    assert count(features.for_creditor(5)) == pytest.approx(1)
    assert line.store.stats()["repeats"] == 1


async def test_a_restarted_store_gets_back_what_the_actors_hold() -> None:
    line = Line(store())
    one, other = (CreditorFeatures(line.exchange, SETTINGS) for _ in range(2))
    one.for_creditor(5)
    for i in range(10):
        one.observe(5, START - (10 - i), 100)
    await one.exchange_once()
    line.store = store()
    one.observe(5, START, 100)
    one.for_creditor(5)
    await one.exchange_once()
    assert count(one.for_creditor(5)) == pytest.approx(11)
    await one.exchange_once()
    assert count(one.for_creditor(5)) == pytest.approx(11)
    other.for_creditor(5)
    await other.exchange_once()
    assert count(other.for_creditor(5)) == pytest.approx(11)
    assert line.store.stats()["given_back"] == 1


async def test_a_restarted_store_reads_the_ledger_for_creditors_that_nobody_holds() -> None:
    asked: list[list[int]] = []

    async def history(creditors: Sequence[int]) -> dict[int, Windows]:
        asked.append(list(creditors))
        return {5: Windows.folded([(100, START - 1), (100, START)])}

    line = Line(CreditorProfiles(RiskSettings(), history))
    features = CreditorFeatures(line.exchange, SETTINGS)
    features.for_creditor(5)
    features.for_creditor(6)
    features.observe(5, START, 100)  # the second of the two above: it is committed before
    await features.exchange_once()
    assert count(features.for_creditor(5)) == pytest.approx(2)
    assert count(features.for_creditor(6)) == 0
    features.observe(5, START, 100)
    await features.exchange_once()
    assert count(features.for_creditor(5)) == pytest.approx(3)
    assert asked[0] == [5, 6]
    assert all(5 not in again for again in asked[1:])


async def test_a_ledger_that_is_away_costs_the_history_only() -> None:
    async def history(creditors: Sequence[int]) -> dict[int, Windows]:
        raise OSError("away")

    features = CreditorFeatures(Line(CreditorProfiles(RiskSettings(), history)).exchange, SETTINGS)
    features.for_creditor(5)
    features.observe(5, START, 100)
    assert await features.exchange_once()
    assert count(features.for_creditor(5)) == pytest.approx(1)


async def test_everything_is_bounded() -> None:
    line = Line(store(creditor_profiles_max=3))
    features = CreditorFeatures(line.exchange, RiskSettings(creditors_in_memory_max=2))
    line.away = True
    for i in range(OBSERVATIONS_MAX + 2 * OBSERVATIONS_PER_MESSAGE_MAX):
        features.observe(i % 10, START, 1)
        features.for_creditor(i % 10)
    assert not await features.exchange_once()
    assert features.stats()["observations_undelivered"] <= OBSERVATIONS_MAX
    assert features.stats()["observations_dropped"] > 0
    line.away = False
    assert await features.exchange_once()
    assert line.store.stats()["creditors"] == 3
    assert features.stats()["creditors"] == 2
    assert features.stats()["observations_undelivered"] == 0
    assert line.largest_bytes < 100_000


async def test_many_creditors_go_in_messages_of_bounded_size() -> None:
    line = Line(store())
    features = CreditorFeatures(line.exchange, SETTINGS)
    for number in range(5_000):
        features.for_creditor(number)
        features.observe(number, START, 100)
    assert await features.exchange_once()
    assert line.largest_bytes < 100_000
    assert all(count(features.for_creditor(n)) == pytest.approx(1) for n in range(0, 5_000, 97))


async def test_it_exchanges_by_itself_until_stopped() -> None:
    line = Line(store())
    one, other = (CreditorFeatures(line.exchange, SETTINGS) for _ in range(2))
    one.start()
    other.start()
    try:
        one.observe(5, START, 100)
        for _ in range(1_000):
            if other.for_creditor(5) is not None and count(other.for_creditor(5)) > 0.5:
                break
            await asyncio.sleep(0.005)
        assert count(other.for_creditor(5)) == pytest.approx(1)
    finally:
        await one.stop()
        await other.stop()
    assert one.stats()["exchanges"] > 0


steps = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(0, 2), st.integers(1, 3), st.integers(0, DAY_US)),
        st.tuples(st.just("exchange"), st.integers(0, 2)),
        st.tuples(st.just("away"), st.booleans()),
        st.tuples(st.just("loses_answers"), st.booleans()),
    ),
    max_size=40,
)


@given(steps)
def test_whatever_fails_in_between_all_agree_in_the_end(rows: list[tuple[object, ...]]) -> None:
    """Three actors and one store that lives on: every observation counts exactly once."""

    async def play() -> None:
        line = Line(store())
        actors = [CreditorFeatures(line.exchange, SETTINGS) for _ in range(3)]
        paid: dict[int, list[tuple[int, int]]] = {1: [], 2: [], 3: []}
        for step in rows:
            match step:
                case ("pay", int(actor), int(creditor), int(offset)):
                    actors[actor].for_creditor(creditor)
                    actors[actor].observe(creditor, START - offset, 100)
                    paid[creditor].append((100, START - offset))
                case ("exchange", int(actor)):
                    await actors[actor].exchange_once()
                case (str(fault), bool(on)):
                    setattr(line, fault, on)
        line.away = line.loses_answers = False
        for _ in range(2):
            for actor in actors:
                for creditor in paid:
                    actor.for_creditor(creditor)
                assert await actor.exchange_once()
        for creditor, payments in paid.items():
            expected = Windows.folded(payments)
            for actor in actors:
                windows = actor.for_creditor(creditor)
                assert windows is not None
                assert windows.since_us == expected.since_us
                assert windows.values(START)[0] == pytest.approx(expected.values(START)[0])

    asyncio.run(play())
