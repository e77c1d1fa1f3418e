import io
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.cluster.cli.failures import BadInput
from headrace.cluster.cli.payfile import jsonfile
from headrace.cluster.cli.payfile.chunk import Chunk
from headrace.cluster.cli.payfile.fileformat import FileFormat
from headrace.cluster.cli.payfile.reading import open_source
from headrace.cluster.cli.payfile.textfile import Text

TEXTS = st.text(max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.lists(
    st.dictionaries(st.text(min_size=1, max_size=12), VALUES, max_size=5), max_size=8
)


def objects(chunks: Iterator[Chunk]) -> list[dict[str, Any]]:
    """Rows again, absent and null values left out."""
    return [
        {name: values[i] for name, values in chunk.columns.items() if values[i] is not None}
        for chunk in chunks
        for i in range(chunk.size)
    ]


def without_null(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in item.items() if v is not None} for item in items]


@given(OBJECTS, st.integers(1, 40), st.integers(1, 3), st.sampled_from([None, 1]), st.booleans())
def test_an_array_is_read_whatever_the_pieces(
    items: list[dict[str, Any]], piece: int, rows: int, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(items, indent=indent, ensure_ascii=ascii_only)
    data = text.encode(errors="surrogatepass") if ascii_only else text.encode("utf-8", "replace")
    expected = without_null(json.loads(data))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonfile, "PIECE_CHARS", piece)
        chunks = list(array(data, rows))
    assert objects(iter(chunks)) == expected
    assert [row for chunk in chunks for row in chunk.rows] == list(range(1, len(items) + 1))


def text(data: bytes) -> Text:
    return Text(io.TextIOWrapper(io.BytesIO(data), "utf-8", "headrace.no_text", "\n"), "utf-8")


def array(data: bytes, rows: int) -> Iterator[Chunk]:
    return jsonfile.read_array(text(data), rows)


def test_an_array_longer_than_memory_is_never_held() -> None:
    class Endless(io.StringIO):
        served = 0

        def read(self, size: int | None = -1) -> str:
            assert size is not None
            self.served += size
            return ("[" if self.served == size else "") + '{"amount":  7} ,' * (size // 16)

    file = Endless()
    chunks = jsonfile.read_array(Text(file, "utf-8"), 1_000)
    for _ in range(100):
        assert next(chunks).size == 1_000
    assert file.served <= 100_000 * 16 + 2 * jsonfile.PIECE_CHARS


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON array"),
        ('{"a": 1}', "no JSON array"),
        ("[", "item 1"),
        ('[{"a": 1}', "item 2, line 1.*: a comma"),
        ('[{"a": 1},]', "item 2"),
        ('[{"a": 1} {"a": 2}]', "item 2, line 1.*: a comma"),
        ('[{"a": 1}] []', "something follows"),
        ("[{'a': 1}]", "item 1"),
        ('[{"a": 1}, {"a"', "item 2"),
    ],
)
def test_a_broken_array_says_where(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        list(array(text.encode(), 10))


def test_an_object_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonfile, "OBJECT_CHARS_MAX", 1_000)
    monkeypatch.setattr(jsonfile, "PIECE_CHARS", 100)
    file = io.StringIO('[{"a": "' + "x" * 10_000_000)
    with pytest.raises(BadInput, match="item 1"):
        list(jsonfile.read_array(Text(file, "utf-8"), 10))
    assert file.tell() < 2_000


def test_items_that_are_no_objects_are_broken_rows() -> None:
    (chunk,) = array(b'[1, {"a": 2}, "x", [3], null]', 10)
    assert chunk.columns == {"a": [None, 2, None, None, None]}
    assert sorted(chunk.broken) == [0, 2, 3, 4]


def test_fractions_in_json_are_exact() -> None:
    written = "90071992547409.93"
    (items,) = array(f'[{{"a": {written}}}]'.encode(), 1)
    (lines,) = jsonfile.read_lines(text(f'{{"a": {written}}}'.encode()), 1)
    assert items.columns["a"] == lines.columns["a"] == [Decimal(written)]


def test_lines_that_are_no_objects_are_broken_rows() -> None:
    chunks = list(jsonfile.read_lines(text(b'{"a": 1}\n\nnope\n[1]\n{"a": 2}\n\xff\xfe\n'), 3))
    rows = [c.columns.get("a", [None] * c.size) for c in chunks]
    assert rows == [[1, None, None], [2, None]]
    assert [sorted(c.broken) for c in chunks] == [[1, 2], [1]]
    assert [list(c.rows) for c in chunks] == [[1, 3, 4], [5, 6]]


def csv(tmp_path: Path, data: bytes, rows: int = 100) -> tuple[list[str] | None, list[Chunk]]:
    path = tmp_path / "file.csv"
    path.write_bytes(data)
    source = open_source(str(path), None, rows)
    return source.columns, list(source.chunks(None))


def test_csv_is_text_and_empty_is_absent(tmp_path: Path) -> None:
    columns, (chunk,) = csv(tmp_path, b"id,amount\r\n007,85.64999999999999\r\n,\r\n")
    assert columns == ["id", "amount"]
    assert chunk.columns == {"id": ["007", None], "amount": ["85.64999999999999", None]}


def test_csv_with_a_mark_quotes_and_line_ends_inside(tmp_path: Path) -> None:
    data = '\ufeffid,note\n1,"a, ""b""\nc"\n\n2,é\n'.encode()
    columns, chunks = csv(tmp_path, data, rows=1)
    assert columns == ["id", "note"]
    assert objects(iter(chunks)) == [{"id": "1", "note": 'a, "b"\nc'}, {"id": "2", "note": "é"}]


def test_csv_rows_of_another_length_are_broken(tmp_path: Path) -> None:
    _, (chunk,) = csv(tmp_path, b"a,b\n1\n1,2\n1,2,3\n")
    assert chunk.columns == {"a": [None, "1", None], "b": [None, "2", None]}
    assert sorted(chunk.broken) == [0, 2]


@pytest.mark.parametrize(
    ("data", "says"), [(b"", "no header"), (b"a,a\n1,2\n", "twice: a"), (b"a\xff\n", "utf-8")]
)
def test_csv_that_cannot_be_read_says_why(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        csv(tmp_path, data)


def test_parquet_in_batches_with_times_as_text(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    moment = datetime(2018, 4, 1, 0, 0, 31)
    cest = timezone(timedelta(hours=2))
    table = pa.table(
        {
            "id": pa.array([1, 2, None], pa.int64()),
            "at": pa.array([moment, None, moment], pa.timestamp("ns")),
            "zoned": pa.array([moment.replace(tzinfo=cest)] * 3, pa.timestamp("s", "+02:00")),
            "amount": pa.array([85.64999999999999, 1.0, None]),
            "price": pa.array([Decimal("1.10"), None, Decimal("2.00")]),
            "shop": pa.array(["a", "b", "a"]).dictionary_encode(),
            "unused": [0, 0, 0],
        }
    )
    pq.write_table(table, path, row_group_size=2)
    source = open_source(str(path), None, 2)
    assert source.total == 3
    wanted = ["id", "at", "zoned", "amount", "price", "shop"]
    first, second = source.chunks(wanted)
    assert first.columns == {
        "id": [1, 2],
        "at": ["2018-04-01T00:00:31.000000Z", None],
        "zoned": ["2018-03-31T22:00:31.000000Z"] * 2,
        "amount": [85.64999999999999, 1.0],
        "price": [Decimal("1.10"), None],
        "shop": ["a", "b"],
    }
    assert (list(second.rows), second.position) == ([3], 3)


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file.parquet"
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(BadInput, match="cannot read"):
        open_source(str(path), None, 10)


def test_formats_go_by_suffix_or_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "payments"
    path.write_bytes(b'{"a": 1}\n')
    with pytest.raises(BadInput, match="--format"):
        open_source(str(path), None, 10)
    assert objects(open_source(str(path), FileFormat.NDJSON, 10).chunks(None)) == [{"a": 1}]
    with pytest.raises(BadInput, match="No such file"):
        open_source(str(tmp_path / "none.csv"), None, 10)
    with pytest.raises(BadInput, match="standard input"):
        open_source("-", FileFormat.PARQUET, 10)
