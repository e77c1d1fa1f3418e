"""Lists of items: read whole, or taken apart when one of them is wrong."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from headrace.runtime.refusals import Refusal
from headrace.serve.http.batch_body import BatchBody
from headrace.serve.http.problems import Problem


class Item(Struct, forbid_unknown_fields=True):
    n: int


BODY = BatchBody(Item)
R = Refusal


def shape(items: list[Item | Problem]) -> list[int | Refusal]:
    return [i.refusal if isinstance(i, Problem) else i.n for i in items]


def refused(body: bytes, lines: bool = False, items_max: int = 5) -> Problem:
    with pytest.raises(Problem) as problem:
        BODY.read(body, lines, items_max)
    return problem.value


@pytest.mark.parametrize(
    "body", [b'[{"n":1},{"n":2}]', b' \n{"items":[{"n":1},{"n":2}]} ', b'[ {"n":1} , {"n":2} ]\n']
)
def test_an_array_bare_or_under_a_name(body: bytes) -> None:
    assert shape(BODY.read(body, False, 5)) == [1, 2]


@pytest.mark.parametrize(
    "body", [b'{"n":1}\n{"n":2}', b'{"n":1}\n{"n":2}\n', b'\n{"n":1}\r\n{"n":2}\n\n']
)
def test_lines(body: bytes) -> None:
    assert shape(BODY.read(body, True, 5)) == [1, 2]


@pytest.mark.parametrize(
    "body",
    [
        b'[{"n":1},{"n":"x"},{"n":3,"m":1},7,{"n":5}]',
        b'{"items":[{"n":1},{"n":"x"},{"n":3,"m":1},7,{"n":5}]}',
    ],
)
def test_each_wrong_item_gets_its_own_problem(body: bytes) -> None:
    items = BODY.read(body, False, 5)
    assert shape(items) == [1, R.INVALID_FIELD, R.INVALID_FIELD, R.INVALID_FIELD, 5]
    assert [i.field for i in items if isinstance(i, Problem)] == ["n", "m", "body"]


def test_a_wrong_line_is_that_lines_problem() -> None:
    items = BODY.read(b'{"n":1}\n{"n":\n{"n":"x"}\n{"n":"x"\n\xff\n', True, 5)
    assert shape(items) == [
        1, R.MALFORMED_JSON, R.INVALID_FIELD, R.MALFORMED_JSON, R.MALFORMED_JSON,
    ]  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[", b'[{"n":1}', b'[{"n":1},]', b'[{"n":1}]]', b'[{"n":1} {"n":2}]', b'[{"n":x}]',
        b'{"items":[{"n":1}', b'[{"n":"\xff"}]', b'[{"n":"x"},' + b"[" * 100_000,
        b'[{"n":"x"},' + b"9" * 5000 + b"]",
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused_as_a_whole(body: bytes) -> None:
    assert refused(body).refusal is R.MALFORMED_JSON


@pytest.mark.parametrize(
    "body",
    [b"[]", b'{"items":[]}', b"7", b'{"things":[]}', b'{"items":7}', b"{}"],
)
def test_what_is_no_list_is_refused_as_a_whole(body: bytes) -> None:
    assert refused(body).refusal is R.INVALID_FIELD


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (b"[" + b'{"n":1},' * 5 + b'{"n":1}]', False),
        (b"[" + b"7," * 5 + b"7]", False),
        (b'{"n":1}\n' * 6, True),
        (b'\n{"n":1}\n\n' * 6, True),
        (b'{"n":1}\n' * 5 + b"\n" * 1_000_000 + b"7", True),
    ],
)
def test_more_items_than_allowed(body: bytes, lines: bool) -> None:
    assert refused(body, lines).refusal is R.TOO_MANY_ITEMS


def test_millions_of_tiny_items_are_not_even_read() -> None:
    assert refused(b"[" + b"1," * 4_000_000 + b"1]", items_max=10).refusal is R.TOO_MANY_ITEMS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
ITEM = st.builds(lambda n: {"n": n}, st.integers(-(2**63), 2**63 - 1)) | JSON


@given(st.lists(ITEM, min_size=1, max_size=5), st.booleans(), st.booleans())
def test_taken_apart_or_whole_the_items_are_the_same(
    items: list[object], ascii_only: bool, wrapped: bool
) -> None:
    listed: object = {"items": items} if wrapped else items
    body = json.dumps(listed, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    read = BODY.read(body, False, 5)
    lines = b"\n".join(
        json.dumps(i, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass") for i in items
    )
    assert shape(BODY.read(lines, True, 5)) == shape(read)
    for item, found in zip(items, read, strict=True):
        try:
            expected = msgspec.convert(item, Item)
        except msgspec.ValidationError:
            assert isinstance(found, Problem)
        else:
            assert found == expected
