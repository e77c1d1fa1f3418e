from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.runtime.clock import DAY_US, from_us, to_us
from headrace.runtime.money import AMOUNT_MAX
from headrace.runtime.risk.features import FEATURES, FeatureBatch, features
from headrace.runtime.risk.windows import Windows

MONDAY_NOON = to_us(datetime(2025, 1, 6, 12, 30, tzinfo=UTC))


def named(
    amount: int, at: int, debtor: Windows, creditor: Windows | None = None
) -> dict[str, float]:
    return dict(zip(FEATURES, features(amount, at, debtor, creditor), strict=True))


def test_names_are_unique_and_the_first_payment_of_strangers_is_neutral() -> None:
    assert len(set(FEATURES)) == len(FEATURES)
    row = named(1234, MONDAY_NOON, Windows())
    known = {"amount": 12.34, "hour": 12.5}
    neutral = dict.fromkeys(n for n in FEATURES if "pace" in n or "habit" in n)
    for name, value in row.items():
        expected = known.get(name, 1.0 if name in neutral else 0.0)
        assert value == pytest.approx(expected), name


@given(st.integers(0, 4 * 10**15))
def test_hour_weekday_and_night_are_utc(at: int) -> None:
    moment = from_us(at)
    row = named(1, at, Windows())
    assert row["weekday"] == moment.weekday()
    assert row["night"] == (moment.hour < 6)
    assert row["hour"] == pytest.approx(moment.hour + moment.minute / 60 + moment.second / 3600)


def test_counts_averages_and_ratios_are_of_the_payments_before() -> None:
    debtor = Windows.folded([(1000, MONDAY_NOON), (3000, MONDAY_NOON)])
    creditor = Windows.folded([(500, MONDAY_NOON)])
    row = named(8000, MONDAY_NOON, debtor, creditor)
    assert row["debtor_count_1d"] == row["debtor_count_30d"] == 2
    assert row["debtor_average_7d"] == pytest.approx(20.0)
    assert row["amount_over_debtor_habit"] == pytest.approx(4.0)
    assert row["creditor_count_7d"] == 1
    assert row["creditor_average_30d"] == pytest.approx(5.0)
    assert row["amount_over_creditor_habit"] == pytest.approx(16.0)


def test_pace_tells_a_burst_from_a_new_or_a_busy_account() -> None:
    month_ago = MONDAY_NOON - 30 * DAY_US
    steady = [(1000, month_ago + i * DAY_US // 4) for i in range(120)]
    burst = steady + [(1000, MONDAY_NOON - i * 60_000_000) for i in range(10, 0, -1)]
    new_and_busy = [(1000, MONDAY_NOON + i) for i in range(500)]
    assert named(1, MONDAY_NOON, Windows.folded(steady))["debtor_pace"] == pytest.approx(1, abs=0.2)
    assert named(1, MONDAY_NOON, Windows.folded(burst))["debtor_pace"] > 2.5
    assert named(1, MONDAY_NOON, Windows.folded(new_and_busy))["debtor_pace"] < 2


def test_a_batch_counts_its_own_earlier_payments_of_the_same_debtor() -> None:
    one, other = Windows.folded([(1000, MONDAY_NOON)]), Windows()
    before = one.state
    batch = FeatureBatch()
    for at, debtor in enumerate((one, other, one, one)):
        batch.add(2000, MONDAY_NOON + at, debtor, None)
    rows = batch.matrix()
    count = FEATURES.index("debtor_count_30d")
    assert rows[:, count] == pytest.approx([1, 0, 2, 3], abs=1e-6)
    assert one.state == before
    assert rows.shape == (len(batch), len(FEATURES))
    assert rows.dtype == np.float32
    assert rows.flags.c_contiguous


@given(
    st.lists(
        st.tuples(st.integers(1, AMOUNT_MAX), st.integers(1, 4 * 10**15), st.integers(0, 3)),
        min_size=1,
        max_size=30,
    )
)
def test_any_history_gives_finite_numbers(rows: list[tuple[int, int, int]]) -> None:
    accounts = [Windows() for _ in range(4)]
    batch = FeatureBatch()
    for amount, at, who in rows:
        batch.add(amount, at, accounts[who], accounts[who - 1])
        accounts[who].observe(at, amount)
    assert np.isfinite(batch.matrix()).all()
    assert FeatureBatch().matrix().shape == (0, len(FEATURES))
