import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from headrace.runtime.risk.features import FEATURES, Matrix
from headrace.runtime.risk.wire import (
    SCORED,
    WireError,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)

matrices = st.integers(0, 5).flatmap(
    lambda n: arrays(np.float32, (n, len(FEATURES)), elements=st.floats(0, 1e6, width=32))
)


@given(matrices)
def test_a_request_arrives_as_it_was_sent(matrix: Matrix) -> None:
    again = decode_request(encode_request(matrix), rows_max=5)
    assert np.array_equal(again, matrix)
    assert again.shape == matrix.shape


@given(
    st.integers(0, 2**15),
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(-1, 1000), st.integers(0, 2**31 - 1)), max_size=5
    ),
)
def test_an_answer_arrives_as_it_was_sent(version: int, rows: list[tuple[int, int, int]]) -> None:
    data = encode_answer(version, np.array(rows, SCORED))
    assert len(data) == 8 + 7 * len(rows)
    again_version, again = decode_answer(data, len(rows))
    assert again_version == version
    assert again.tolist() == rows


@given(matrices, st.binary(max_size=200), st.integers(0, 300))
def test_anything_else_is_refused_in_words(matrix: Matrix, noise: bytes, cut: int) -> None:
    request = encode_request(matrix)
    for broken in (noise, request[:cut] if cut < len(request) else b"", request + b"x"):
        with pytest.raises(WireError):
            decode_request(broken, rows_max=5)
    answer = encode_answer(1, np.zeros(len(matrix), SCORED))
    for broken, rows in ((answer + b"x", len(matrix)), (answer, len(matrix) + 1), (answer[:7], 0)):
        with pytest.raises(WireError):
            decode_answer(broken, rows)


def test_a_batch_beyond_the_bound_and_other_features_are_refused() -> None:
    request = encode_request(np.zeros((6, len(FEATURES)), np.float32))
    with pytest.raises(WireError, match="at most 5"):
        decode_request(request, rows_max=5)
    with pytest.raises(WireError, match="another version"):
        decode_request(bytes([request[0] ^ 1]) + request[1:], rows_max=6)
