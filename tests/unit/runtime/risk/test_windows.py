from math import exp, inf
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.runtime.clock import DAY_US
from headrace.runtime.money import AMOUNT_MAX
from headrace.runtime.risk.windows import (
    EMPTY,
    STATE,
    WINDOWS_DAYS,
    Windows,
    merged,
    states_of,
)

START = 1_522_540_800_000_000
moments = st.integers(START, START + 400 * DAY_US)
amounts = st.integers(1, AMOUNT_MAX)
payments = st.lists(st.tuples(amounts, moments), max_size=40)


def by_definition(rows: list[tuple[int, int]], at: int) -> tuple[list[float], list[float]]:
    """The sums of the module's docstring, over every observation."""
    at = max([at, *(t for _, t in rows)])
    counts, sums = [], []
    for window in WINDOWS_DAYS:
        weights = [exp(-(at - t) / (window * DAY_US)) for _, t in rows]
        counts.append(sum(weights))
        sums.append(sum(w * a for w, (a, _) in zip(weights, rows, strict=True)))
    return counts, sums


@given(payments, moments)
def test_constant_memory_gives_the_sums_over_all_observations(
    rows: list[tuple[int, int]], at: int
) -> None:
    counts, sums = Windows.folded(rows).values(at)
    expected_counts, expected_sums = by_definition(rows, at)
    assert counts == pytest.approx(expected_counts, rel=1e-9, abs=1e-12)
    assert sums == pytest.approx(expected_sums, rel=1e-9, abs=1e-6)


@given(payments, st.integers(0, 40))
def test_folding_the_journal_gives_what_was_observed_live(
    rows: list[tuple[int, int]], cut: int
) -> None:
    live = Windows.folded(rows[:cut])
    for amount, occurred_at in rows[cut:]:
        live.observe(occurred_at, amount)
    assert live.state == Windows.folded(rows).state


def close(one: bytes, other: bytes) -> None:
    end = START + 400 * DAY_US
    a, b = Windows(one), Windows(other)
    assert a.since_us == b.since_us
    for x, y in zip(sum(a.values(end), ()), sum(b.values(end), ()), strict=True):
        assert x == pytest.approx(y, rel=1e-9, abs=1e-6)


@given(payments, payments)
def test_two_that_are_merged_have_seen_what_both_have(
    rows: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    one, other = Windows.folded(rows).state, Windows.folded(others).state
    close(merged(one, other), Windows.folded(rows + others).state)
    close(merged(other, one), Windows.folded(rows + others).state)


@given(st.lists(st.tuples(st.integers(1, 4), moments, amounts), max_size=60))
def test_many_accounts_at_once_are_what_each_is_by_itself(rows: list[tuple[int, int, int]]) -> None:
    told = states_of(np.array(rows, "<i8").reshape(-1, 3))
    assert [account for account, _ in told] == sorted({account for account, _, _ in rows})
    for account, state in told:
        close(state, Windows.folded((a, t) for n, t, a in rows if n == account).state)


@given(payments, st.randoms(use_true_random=False))
def test_order_does_not_matter(rows: list[tuple[int, int]], random: Random) -> None:
    in_order = sorted(rows, key=lambda row: row[1])
    random.shuffle(rows)
    one, other = Windows.folded(in_order), Windows.folded(rows)
    end = START + 400 * DAY_US
    assert one.since_us == other.since_us
    for a, b in zip(sum(one.values(end), ()), sum(other.values(end), ()), strict=True):
        assert a == pytest.approx(b, rel=1e-9, abs=1e-6)


@given(payments, moments, st.integers(0, 100 * DAY_US))
def test_values_fall_while_nothing_happens(
    rows: list[tuple[int, int]], at: int, later: int
) -> None:
    windows = Windows.folded(rows)
    counts, sums = windows.values(at)
    for before, after in zip(counts + sums, sum(windows.values(at + later), ()), strict=True):
        assert 0 <= after <= before < inf


def test_a_steady_rate_settles_at_rate_times_window() -> None:
    windows = Windows.folded((500, START + i * DAY_US // 10) for i in range(3000))
    counts, sums = windows.values(START + 300 * DAY_US)
    for days, count, total in zip(WINDOWS_DAYS, counts, sums, strict=True):
        assert count == pytest.approx(10 * days, rel=0.06)
        assert total / count == pytest.approx(500)


def test_nothing_seen_is_all_zeros_and_a_kept_state_is_not_changed() -> None:
    windows = Windows()
    assert windows.values(START) == ((0.0,) * 3, (0.0,) * 3)
    assert windows.since_us == 0
    kept = windows.state
    windows.observe(START, 700)
    assert kept == EMPTY
    assert windows.since_us == START
    windows.state = kept
    assert windows.since_us == 0
    assert len(kept) == STATE.itemsize == 64
