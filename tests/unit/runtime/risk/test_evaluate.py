from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyarrow import parquet

from headrace.runtime.risk.evaluate import auc, average_precision, read

labelled = st.lists(st.tuples(st.integers(0, 1000), st.booleans()), min_size=2, max_size=30)


@given(labelled)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[int, bool]]) -> None:
    frauds, others = [s for s, f in rows if f], [s for s, f in rows if not f]
    assume(frauds and others)
    pairs = [(a > b) + (a == b) / 2 for a in frauds for b in others]
    scores, fraud = np.array([s for s, _ in rows], np.int16), np.array([f for _, f in rows])
    assert auc(scores, fraud) == pytest.approx(sum(pairs) / len(pairs))


@given(labelled)
def test_average_precision_is_precision_over_the_recall_it_adds(
    rows: list[tuple[int, bool]],
) -> None:
    frauds = sum(f for _, f in rows)
    assume(frauds)
    expected, found_before = 0.0, 0
    for threshold in sorted({s for s, _ in rows}, reverse=True):
        stopped = [f for s, f in rows if s >= threshold]
        expected += (sum(stopped) - found_before) / frauds * sum(stopped) / len(stopped)
        found_before = sum(stopped)
    scores, fraud = np.array([s for s, _ in rows], np.int16), np.array([f for _, f in rows])
    assert average_precision(scores, fraud) == pytest.approx(expected)


def test_labelled_files_are_read_in_minor_units_without_payments_of_nothing(tmp_path: Path) -> None:
    table = {
        "transaction_id": [5, 6],
        "tx_datetime": pa.array([1_000, 2_000], pa.timestamp("ns")),
        "customer_id": [1, 2],
        "terminal_id": [3, 4],
        "tx_amount": [85.64999999999999, 0.0],
        "tx_fraud": [1, 0],
        "tx_fraud_scenario": [2, 0],
    }
    parquet.write_table(pa.table(table), tmp_path / "month.parquet")
    (payment,) = read(tmp_path / "month.parquet")
    assert payment == (5, 1, 1, 3, 8_565, True, 2)
